"""`bridge discover` and `bridge evaluate`: a file in, answers out, no database."""

import gzip
import json
import logging
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
import structlog

from bridge.cli import main
from tests.hostile_contacts import NOISE, TEXTS, write_table

_VOID = {"meta", "link", "rect", "circle", "path"}


@pytest.fixture(autouse=True)
def _no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody answers at DATABASE_URL, and it must not matter."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("BRIDGE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BRIDGE_ENCODER", "hashing")
    handlers = list(logging.getLogger().handlers)
    yield
    logging.getLogger().handlers = handlers
    structlog.reset_defaults()


class _Page(HTMLParser):
    """The tags of a page, which must all be closed, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data


def test_hostile_contacts_end_as_words_in_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "answers"
    words = ["discover", str(write_table(tmp_path)), "--out", str(out), "--id-column", "Ticket"]
    assert main([*words, "--json"]) == 5
    shown = capsys.readouterr()
    [line] = shown.out.splitlines()
    summary = json.loads(line)
    contacts = len(TEXTS) + len(NOISE)
    assert (summary["contacts"], summary["issues"], summary["refused"]) == (contacts, 1, 2)
    assert "no text" in shown.err
    assert "no Ticket" in shown.err
    assert "finding issues" in shown.err

    answer = json.loads((out / "issues.json").read_text())
    [issue] = answer["issues"]
    assert issue["contacts"] >= 6
    homes = [json.loads(line) for line in (out / "assignments.jsonl").read_text().splitlines()]
    assert [home["id"] for home in homes] == [f"<i>T-{n}</i>" for n in range(1, contacts + 1)]
    assert sum(home["issue"] == 1 for home in homes) == issue["contacts"]
    assert [home["issue"] for home in homes[len(TEXTS) :]] == [None] * len(NOISE)
    refused = [json.loads(line) for line in (out / "refused.jsonl").read_text().splitlines()]
    assert [row["reason"] for row in refused] == ["no text", "no Ticket"]

    html = (out / "report.html").read_text()
    page = _Page(html)
    assert page.open == []
    assert not {"script", "img", "h4", "i", "b", "iframe", "form", "object"} & page.tags
    assert not [name for name in page.attributes if name.startswith("on") or name == "style"]
    assert "<b>contacts & more.csv" in page.text
    assert page.text.count("<script>invoice</script> stops at {{ 7*7 }} pages") >= 4
    assert "<i>T-8</i>" in page.text
    assert "\x00" not in html
    assert "\u202e" not in html
    told = html + json.dumps(answer)
    for private in ("ada.lovelace@private.example", "415 555 2671", "Quartermain"):
        assert private not in told
    assert len(html) < 60_000


def test_no_file_but_the_answers_is_written(tmp_path: Path) -> None:
    path = tmp_path / "contacts.jsonl.gz"
    rows = [{"id": n, "text": f"the export stops at half, {n}"} for n in range(6)]
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    out = tmp_path / "deep" / "answers"
    assert main(["discover", str(path), "--out", str(out)]) == 0
    names = {file.name for file in out.iterdir()}
    assert names == {"assignments.jsonl", "issues.json", "report.html"}
    assert {file.name for file in tmp_path.iterdir()} == {"contacts.jsonl.gz", "deep"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "has no row that can be read"),
        ('{"number": 1}\n', "--text-column"),
        ('{"text": ""}\n{"text": " "}\n', "no row to use; line 1: no text"),
    ],
)
def test_a_file_without_contacts_is_one_line_of_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, said: str
) -> None:
    path = tmp_path / "contacts.jsonl"
    path.write_text(content)
    assert main(["discover", str(path), "--out", str(tmp_path / "out")]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_scores_come_as_one_line_with_a_key_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = []
    for name, outside in (("one", False), ("two", True)):
        rows: list[dict[str, object]] = [
            {"text": f"{words} {more}", "label": label, "oos": False}
            for more in ("since monday", "again and again", "why", "on my phone", "help please")
            for label, words in (("a", "the export stops at half"), ("b", "parcel not delivered"))
        ]
        if outside:
            rows.append({"text": "is your shop in town open late", "label": "oos", "oos": True})
        file = tmp_path / f"{name}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        files.append(str(file))
    assert main(["evaluate", *files, "--json"]) == 0
    [line] = capsys.readouterr().out.splitlines()
    scores = json.loads(line)
    assert list(scores) == files
    perfect = {"labels": 2, "issues": 2, "ami": 1.0, "bcubed_f1": 1.0}
    assert scores[files[0]] == {"n": 10, **perfect, "oos_left_alone": None}
    assert scores[files[1]] == {"n": 11, **perfect, "oos_left_alone": 1.0}
    assert main(["evaluate", *files]) == 0
    assert capsys.readouterr().out.splitlines()[0].split("\t")[:3] == ["FILE", "N", "LABELS"]
