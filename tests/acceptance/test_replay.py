"""`bridge replay`: a file of contacts in, what the bridge would have done out."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import structlog

from benchmarks import fixes
from bridge.cli import main
from bridge.replay import ReplayOptions, replay
from bridge.settings import Settings
from tests.lead_script import Lead, a_lead
from tests.replay_stream import contacts, directory, people, write_lines

BUDGET = 6
FILES = ("assignments.jsonl", "events.jsonl", "tickets.jsonl")


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay left."""

    out: Path
    summary: Mapping[str, object]

    def rows(self, name: str) -> list[dict[str, object]]:
        """The rows of one file."""
        return [json.loads(line) for line in (self.out / name).read_text().splitlines()]

    def homes(self) -> dict[str, object]:
        """The cluster of each contact."""
        return {str(row["id"]): row["cluster"] for row in self.rows("assignments.jsonl")}

    def ticketed(self) -> list[object]:
        """The cluster of each ticket."""
        return [row["cluster"] for row in self.rows("tickets.jsonl")]


def run(folder: Path, lead: Lead | None = None) -> Replayed:
    """Replay the made-up stream."""
    options = ReplayOptions(
        contacts=write_lines(folder / "contacts.jsonl", contacts()),
        out=folder / "out",
        directory=write_lines(folder / "directory.jsonl", directory()),
        review_command=lead.command if lead else None,
        review_budget=BUDGET if lead else 0,
    )
    settings = Settings(data_dir=folder / "data", encoder="hashing")
    return Replayed(options.out, replay(options, settings, say=lambda _: None))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """A replay that asks nobody."""
    return run(tmp_path_factory.mktemp("plain"))


@pytest.fixture
def command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command runs in this process, and leaves its logging as it was."""
    monkeypatch.setenv("BRIDGE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BRIDGE_ENCODER", "hashing")
    handlers = list(logging.getLogger().handlers)
    yield
    logging.getLogger().handlers = handlers
    structlog.reset_defaults()


def main_cluster(replayed: Replayed, topic: str) -> object:
    """Where most contacts of a topic are; it must be one place for nearly all of them."""
    found = [home for name, home in replayed.homes().items() if name.startswith(f"{topic}-")]
    most = max(set(found), key=found.count)
    assert found.count(most) >= 0.9 * len(found)
    return most


def test_the_files_agree_with_the_contacts_and_with_each_other(plain: Replayed) -> None:
    rows = {str(row["id"]): row for row in contacts()}
    assert [row["id"] for row in plain.rows("assignments.jsonl")] == list(rows)
    homes, clusters = plain.homes(), plain.ticketed()
    assert clusters == [main_cluster(plain, topic) for topic in ("invoice", "login", "code")]
    assert len(set(clusters)) == 3
    assert {home for name, home in homes.items() if name.startswith("chatter")} == {None}
    for row in plain.rows("assignments.jsonl"):
        # What came after the ticket was on its issue at once.
        if str(row["id"]) in ("invoice-21", "login-18", "code-17"):
            assert row["cluster_at_arrival"] == row["cluster"] is not None

    # One person writes from two addresses and by account; who is not known is not counted.
    who = people()
    for ticket in plain.rows("tickets.jsonl"):
        members = [rows[name] for name, home in homes.items() if home == ticket["cluster"]]
        persons = {who[str(row["customer"])] for row in members if row["customer"] in who}
        assert ticket["customers"] == len(persons) < len({str(row["customer"]) for row in members})
        assert str(min(str(row["ts"]) for row in members)) < str(ticket["ts"])

    told = json.loads((plain.out / "summary.json").read_text())
    assert told == plain.summary
    assigned = sum(home is not None for home in homes.values())
    assert (told["contacts"], told["assigned"]) == (len(rows), assigned)
    assert (told["tickets"], told["questions_asked"]) == (3, 0)


def test_the_same_contacts_give_the_same_files(plain: Replayed, tmp_path: Path) -> None:
    again = run(tmp_path)
    for name in FILES:
        assert (again.out / name).read_bytes() == (plain.out / name).read_bytes()


def test_a_yes_to_same_makes_one_ticket_of_two(tmp_path: Path) -> None:
    lead = a_lead(tmp_path, {"same": "yes"})
    replayed = run(tmp_path, lead)
    asked = lead.asked()
    assert len(asked) == replayed.summary["questions_asked"]
    assert 1 <= len(asked) <= BUDGET
    days = [int(str(question["day"])) for question in asked]
    assert days == sorted(days)
    topics = []
    for question in asked:
        assert set(question) == {"question", "a", "b", "day"}
        a, b = question["a"], question["b"]
        assert isinstance(a, list)
        assert isinstance(b, list)
        assert 1 <= len(a) <= 8
        assert 1 <= len(b) <= 8
        topics.append({name.split("-")[0] for name in a + b})
    assert {"login", "code"} in topics
    assert main_cluster(replayed, "code") == main_cluster(replayed, "login")
    assert replayed.ticketed() == [main_cluster(replayed, one) for one in ("invoice", "login")]


def test_releases_ship_at_their_time_and_tell_who_had_written_until_then(tmp_path: Path) -> None:
    """With the issues of a file in place of the finder: what is told is what the file says."""
    rows, named = contacts(), {"invoice": "wrong address", "login": 7}
    given = [{"id": row["id"], "cluster": named.get(str(row["id"]).split("-")[0])} for row in rows]
    at = {str(row["id"]): str(row["ts"]) for row in rows}
    shipped: list[dict[str, object]] = [
        {"ts": at["login-9"], "version": "4.1", "issues": [7, "unheard of"]},
        {"ts": "2026-03-01T00:00:00Z", "version": "4.2", "issues": ["wrong address"]},
    ]
    options = ReplayOptions(
        contacts=write_lines(tmp_path / "contacts.jsonl", rows),
        out=tmp_path / "out",
        directory=write_lines(tmp_path / "directory.jsonl", directory()),
        assignments=write_lines(tmp_path / "assignments.jsonl", given),
        releases=write_lines(tmp_path / "releases.jsonl", shipped),
    )
    settings = Settings(data_dir=tmp_path / "data", encoder="hashing")
    replayed = Replayed(options.out, replay(options, settings, say=lambda _: None))
    homes, who = replayed.homes(), people()
    by_issue = {name: {homes[one] for one in homes if one.startswith(f"{name}-")} for name in named}
    assert [len(found) for found in by_issue.values()] == [1, 1]
    assert {home for one, home in homes.items() if one.split("-")[0] not in named} == {None}

    events = replayed.rows("events.jsonl")
    told = {str(one["cluster"]): one for one in events if one["event"] == "told"}
    for name, release in (("login", shipped[0]), ("invoice", shipped[1])):
        (cluster,) = by_issue[name]
        line = told[str(cluster)]
        wrote = [
            str(row["customer"])
            for row in rows
            if homes[str(row["id"])] == cluster and str(row["ts"]) <= str(release["ts"])
        ]
        assert line["ts"] == release["ts"]
        assert line["customers"] == sorted({who[one] for one in wrote if one in who})
    (missed,) = [one for one in events if one["event"] == "not_shipped"]
    assert (missed["cluster"], missed["reason"]) == ("unheard of", "there is no such issue")
    assert [one["event"] for one in events].count("shipped") == 2


@pytest.mark.usefixtures("command_line")
@pytest.mark.parametrize(
    ("option", "line", "said"),
    [
        ("--releases", '{"ts": "2026-01-05T08:00:00Z", "version": "4"}', "issues must be a list"),
        ("--releases", '{"version": "4", "issues": []}', "ts is missing"),
        (
            "--releases",
            '{"ts": "2026-01-05T08:00:00Z", "version": "4", "issues": []}\n'
            '{"ts": "2026-01-04T08:00:00Z", "version": "3", "issues": []}',
            "releases must be in time order",
        ),
        ("--assignments", '{"id": "a", "cluster": [1]}', "cluster must be a name or null"),
        ("--assignments", '{"cluster": 1}', "id is missing"),
    ],
)
def test_a_line_about_releases_or_issues_that_cannot_be_used_stops_the_replay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, line: str, said: str
) -> None:
    write_lines(tmp_path / "contacts.jsonl", contacts())
    (tmp_path / "more.jsonl").write_text(f"{line}\n")
    assert main(words(tmp_path, option, str(tmp_path / "more.jsonl"))) == 1
    told = capsys.readouterr().err
    assert "more.jsonl line " in told
    assert said in told


@pytest.mark.data
def test_of_the_labelled_stream_exactly_the_known_people_are_told(
    labelled_data: Path, tmp_path: Path
) -> None:
    """Three of its issues; `python -m benchmarks.fixes` measures all (docs/benchmarks.md)."""
    chosen = ("getting_virtual_card", "order_physical_card", "supported_cards_and_currencies")
    whole = fixes.stream(labelled_data)
    gold = {name: row for name, row in whole.gold.items() if row["issue"] in chosen}
    some = [row for row in fixes.rows_of(whole.contacts) if row["id"] in gold]
    data = replace(
        whole,
        contacts=write_lines(tmp_path / "contacts.jsonl", some),
        gold=gold,
        issues=[one for one in whole.issues if one["issue"] in chosen],
    )
    names = {one: [one] for one in chosen}
    out = [row for at in fixes.release_times(data) for row in fixes.releases(data, at, names)]
    options = ReplayOptions(
        contacts=data.contacts,
        out=tmp_path / "out",
        directory=data.directory,
        assignments=fixes.gold_assignments(data, tmp_path / "assignments.jsonl"),
        releases=fixes.write_rows(tmp_path / "releases.jsonl", out),
    )
    replay(options, Settings(data_dir=tmp_path / "data", encoder="hashing"), say=lambda _: None)
    found = fixes.score(data, options.out)
    assert found.known > 40
    assert (found.known_told, found.others) == (found.known, 0)
    assert (found.returned, found.caught, found.false_calls) == (1, 1, 0)


def test_nothing_waits_for_an_answer_that_was_skipped(plain: Replayed, tmp_path: Path) -> None:
    lead = a_lead(tmp_path, {})
    replayed = run(tmp_path, lead)
    sides = [(question["question"], str(question["b"])) for question in lead.asked()]
    assert len(sides) == 1
    # Not even until the next contact comes.
    for name in ("assignments.jsonl", "tickets.jsonl"):
        assert replayed.rows(name) == plain.rows(name)


def words(folder: Path, *more: str) -> list[str]:
    return ["replay", str(folder / "contacts.jsonl"), "--out", str(folder / "out"), *more]


@pytest.mark.usefixtures("command_line")
def test_a_command_that_ends_early_ends_the_replay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_lines(tmp_path / "contacts.jsonl", contacts())
    lead = a_lead(tmp_path, {"same": "leave"})
    given = ("--review-command", lead.command, "--review-budget", "6")
    assert main(words(tmp_path, *given)) == 1
    assert "the review command ended without an answer" in capsys.readouterr().err
    assert len(lead.asked()) == 1
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.usefixtures("command_line")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": "b", "ts": "2026-01-05T08:00:00Z", "text": "x"}', "must be in time order"),
        ('{"id": "b", "ts": "2026-01-05T10:00:00Z"}', "text is missing"),
        ('{"id": "b", "ts": "last week", "text": "x"}', "ts is not a moment: last week"),
        ('{"id": "b", "ts": "2026-01-05T10:00:00", "text": "x"}', "ts needs a time zone"),
        ('{"id": "b", ', "not JSON"),
        ('["b"]', "not a JSON object"),
    ],
)
def test_a_line_that_cannot_be_used_stops_the_replay_with_its_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, said: str
) -> None:
    first = '{"id": "a", "ts": "2026-01-05T09:00:00Z", "text": "the export stops"}'
    (tmp_path / "contacts.jsonl").write_text(f"{first}\n\n{line}\n")
    assert main(words(tmp_path)) == 1
    told = capsys.readouterr().err
    assert "contacts.jsonl line 3: " in told
    assert said in told
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("command_line")
def test_a_file_without_contacts_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "contacts.jsonl").write_text("\n")
    assert main(words(tmp_path)) == 1
    assert "has no contacts" in capsys.readouterr().err
