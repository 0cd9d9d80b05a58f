"""Reading any table of contacts, the numbers of the report, and the page."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.discover.evaluating import evaluate
from bridge.discover.reading import RefusedRow, Row, choose_columns, read_contacts
from bridge.discover.report import Findings, render
from bridge.discover.run import DiscoverOptions, discover
from bridge.discover.trends import course, period_of
from bridge.domain.errors import InvalidInput
from bridge.settings import Settings

_START = datetime(2026, 3, 2, 9, tzinfo=UTC)
_ISSUES = {
    "export": ("export to pdf stops at half", "pdf export stops", "the export to pdf stops at 50"),
    "login": ("cannot log in with google", "google log in fails", "log in by google does nothing"),
    "parcel": ("parcel was never delivered", "my parcel not delivered", "no delivered parcel here"),
}


def _silent(*_: object) -> None:
    """Nobody listens."""


def a_file(folder: Path, *rows: dict[str, object]) -> Path:
    path = folder / "contacts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def some_rows(each: int = 6) -> list[dict[str, object]]:
    """Contacts about three issues, day by day, with their gold label."""
    rows: list[dict[str, object]] = []
    for number in range(each * len(_ISSUES)):
        label = list(_ISSUES)[number % len(_ISSUES)]
        words = _ISSUES[label]
        text = f"{words[number // 3 % 3]} {words[number // 9 % 3]}, attempt {number}"
        moment = (_START + timedelta(days=number)).isoformat()
        rows.append({"id": f"c{number}", "text": text, "ts": moment, "label": label})
    return rows


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", encoder="hashing")


@pytest.fixture
def find(tmp_path: Path, settings: Settings) -> Callable[..., Findings]:
    def run(path: Path, min_contacts: int = 5) -> Findings:
        asked = DiscoverOptions(path, tmp_path / "out", min_contacts=min_contacts)
        return discover(asked, settings, say=_silent, watch=_silent)

    return run


def test_columns_are_known_by_name_or_named(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("Ticket,Created,Body,Other\n1,2026-03-02 09:00,it stops,x\n")
    columns = choose_columns(path)
    assert (columns.text, columns.id, columns.moment) == ("Body", None, "Created")
    columns = choose_columns(path, text="Other", id="Ticket")
    [row] = read_contacts(path, columns)
    assert isinstance(row, Row)
    assert (row.id, row.text, row.occurred_at) == ("1", "x", _START)
    with pytest.raises(InvalidInput, match="has no column Nr; it has Ticket, Created"):
        choose_columns(path, id="Nr")


def test_no_column_of_texts_is_said_with_the_columns_there_are(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="--text-column; it has number, what"):
        choose_columns(a_file(tmp_path, {"number": 1, "what": "it stops"}))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"id": "1", "text": " \n"}, "no text"),
        ({"id": "1"}, "no text"),
        ({"id": "", "text": "it stops"}, "no id"),
        ({"id": "1", "text": ["it stops"]}, "text must be a text"),
        ({"id": {"a": 1}, "text": "it stops"}, "id must be a text"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_line_and_reason(
    tmp_path: Path, row: dict[str, object], reason: str
) -> None:
    path = a_file(tmp_path, {"id": "0", "text": "it stops"}, row)
    rows = list(read_contacts(path, choose_columns(path)))
    assert rows[1:] == [RefusedRow(2, reason)]


def test_a_subject_stands_in_for_a_text_and_a_strange_time_is_no_time(tmp_path: Path) -> None:
    path = a_file(tmp_path, {"text": "", "subject": "it stops", "ts": "last week"})
    [row] = read_contacts(path, choose_columns(path))
    assert isinstance(row, Row)
    assert (row.id, row.subject, row.occurred_at) == ("1", "it stops", None)


def test_the_numbers_of_the_report_add_up(tmp_path: Path, find: Callable[..., Findings]) -> None:
    extra: list[dict[str, object]] = [
        {"id": "thanks", "text": "Thank you very much!", "ts": _START.isoformat()},
        {"id": "short", "text": "hm", "ts": _START.isoformat()},
        {"id": "lonely", "text": "is the shop in town open late", "ts": _START.isoformat()},
        {"id": "empty", "text": ""},
    ]
    found = find(a_file(tmp_path, *some_rows(), *extra))
    assert found.summary() == {
        "contacts": 21,
        "issues": 3,
        "assigned": 18,
        "left_alone": 3,
        "refused": 1,
    }
    assert sum(found.left_alone.values()) == 3
    assert found.left_alone["message"] == 1
    assert [issue.contact_count for issue in found.issues] == [6, 6, 6]
    assert found.share_of_biggest(2) == pytest.approx(12 / 21)
    for issue in found.issues:
        assert len(issue.quotes) == 3
        assert issue.nearest is not None
        assert issue.nearest.number != issue.number
    dots = "".join(one.dots for one in found.issue_map.issues)
    assert dots.count("M") == 18


def test_files_say_the_same_as_the_report(tmp_path: Path, find: Callable[..., Findings]) -> None:
    found = find(a_file(tmp_path, *some_rows()))
    lines = (tmp_path / "out" / "assignments.jsonl").read_text().splitlines()
    homes = {line["id"]: line["issue"] for line in map(json.loads, lines)}
    assert list(homes) == [f"c{number}" for number in range(18)]
    answer = json.loads((tmp_path / "out" / "issues.json").read_text())
    for issue, gold in zip(answer["issues"], found.issues, strict=True):
        members = [name for name, number in homes.items() if number == issue["number"]]
        assert len({int(name[1:]) % 3 for name in members}) == 1
        assert issue["contacts"] == len(members) == gold.contact_count
        assert issue["first_seen_at"] == (
            _START + timedelta(days=min(int(name[1:]) for name in members))
        ).isoformat().replace("+00:00", "Z")
        assert {quote["id"] for quote in issue["quotes"]} <= set(members)
    assert not (tmp_path / "out" / "refused.jsonl").exists()


def test_two_runs_give_the_same_report(tmp_path: Path, find: Callable[..., Findings]) -> None:
    path, report = a_file(tmp_path, *some_rows()), tmp_path / "out" / "report.html"
    find(path)
    first = report.read_bytes()
    find(path)
    assert report.read_bytes() == first


def test_small_issues_are_left_out_as_asked(tmp_path: Path, find: Callable[..., Findings]) -> None:
    path = a_file(tmp_path, *some_rows()[:-1])
    assert len(find(path, min_contacts=6).issues) == 2
    none = find(path, min_contacts=7)
    assert none.issues == ()
    assert "No issue recurs" in (tmp_path / "out" / "report.html").read_text()


def test_the_page_allows_its_own_style_and_nothing_else(
    tmp_path: Path, find: Callable[..., Findings]
) -> None:
    page = render(find(a_file(tmp_path, *some_rows())))
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    [policy] = re.findall(r'Security-Policy" content="([^"]*)"', page)
    assert f"style-src &#39;sha256-{digest}&#39;" in policy
    assert policy.startswith("default-src &#39;none&#39;")
    assert "<script" not in page
    assert " style=" not in page
    assert re.findall(r'(?:href|src)="(?!#)([^"]*)"', page) == ["data:,"]


def test_bars_cover_the_whole_period_and_every_contact() -> None:
    for days, unit in ((2, "day"), (42, "day"), (43, "week"), (371, "week"), (800, "30 days")):
        moments = [_START + timedelta(days=day) for day in range(days)]
        period = period_of(moments)
        assert period is not None
        assert period.unit == unit
        assert (period.first_contact, period.last) == (moments[0].date(), moments[-1].date())
        counts = period.counts(moments)
        assert sum(counts) == days
        assert len(counts) == period.bars <= 60
        assert counts[-1] == period.days


def test_one_day_has_no_trend() -> None:
    assert period_of([_START, _START + timedelta(hours=3)]) is None
    assert period_of([]) is None


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([1, 1, 8, 9], "rising"),
        ([9, 8, 1, 1], "falling"),
        ([5, 5, 5, 5], "steady"),
        ([1, 0, 1, 1], "steady"),
        ([100, 100, 110, 110], "steady"),
        ([7], "steady"),
        ([1, 50, 9], "rising"),
        ([], "steady"),
    ],
)
def test_the_course_is_more_than_chance(counts: list[int], said: str) -> None:
    assert course(counts) == said


def test_scores_on_labelled_contacts(tmp_path: Path, settings: Settings) -> None:
    outside = [
        {"id": "o1", "text": "is the shop in town open late", "oos": True, "label": "none"},
        {"id": "o2", "text": "cannot log in with google again today", "oos": True},
    ]
    path = a_file(tmp_path, *some_rows(), *outside)
    scores = evaluate(path, settings, say=_silent, watch=_silent)
    assert (scores.n, scores.labels, scores.issues) == (20, 3, 3)
    assert (scores.ami, scores.bcubed_f1) == (1.0, 1.0)
    assert scores.oos_left_alone == 0.5


def test_scores_without_out_of_scope_contacts_have_no_share(
    tmp_path: Path, settings: Settings
) -> None:
    scores = evaluate(a_file(tmp_path, *some_rows()), settings, say=_silent, watch=_silent)
    assert scores.oos_left_alone is None


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"text": "it stops"}, "line 2: no label"),
        ({"text": "it stops", "label": "a", "oos": "perhaps"}, "line 2: oos must be true or false"),
        ({"label": "a"}, "line 2: no text"),
    ],
)
def test_labelled_rows_must_all_be_readable(
    tmp_path: Path, settings: Settings, row: dict[str, object], reason: str
) -> None:
    path = a_file(tmp_path, {"text": "it stops", "label": "a"}, row)
    with pytest.raises(InvalidInput, match=reason):
        evaluate(path, settings, say=_silent, watch=_silent)
