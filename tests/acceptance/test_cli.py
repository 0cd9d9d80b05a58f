"""The command line: data on standard output, talk on standard error, one exit code."""

import json
import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import structlog
import typer

from bridge.cli import COMMANDS, main
from bridge.cli.demo import new_token
from bridge.demo.run import alone_in
from bridge.domain.issues import IssueId
from bridge.domain.tickets import FilingState
from bridge.wiring import Application
from integrations.jira.sandbox import SandboxServer
from tests.builders import contacts_about_export
from tests.conftest import Pipeline
from tests.contract.sandbox_client import Api
from tests.zendesk_desk import EMAIL, TOKEN, zendesk_desk

DOCS = Path(__file__).parent.parent.parent / "docs" / "cli.md"
PAYLOADS = Path(__file__).parent.parent / "payloads" / "mail"
KEY = "a secret key for tests only"


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, object]:
        """The one line of JSON."""
        [line] = self.out.splitlines()
        found = json.loads(line)
        assert isinstance(found, dict)
        return found


Bridge = Callable[..., Answer]


@pytest.fixture
def bridge(
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Bridge]:
    """The command line on the test's own database, in this process."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("BRIDGE_SECRET_KEY", KEY)
    monkeypatch.setenv("BRIDGE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BRIDGE_ENCODER", "hashing")
    handlers = list(logging.getLogger().handlers)

    def run(*words: str) -> Answer:
        code = main(words)
        shown = capsys.readouterr()
        return Answer(code, shown.out, shown.err)

    yield run
    logging.getLogger().handlers = handlers
    structlog.reset_defaults()


def a_file(folder: Path, *rows: dict[str, object]) -> str:
    path = folder / "contacts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def a_row(number: int, **changes: object) -> dict[str, object]:
    return {
        "external_id": f"row-{number}",
        "text": "The export button does nothing when I press it",
        "occurred_at": "2026-03-03T09:15:00Z",
        "customer": {"email": f"customer{number}@company.example"},
        **changes,
    }


def commands() -> list[str]:
    """Every command with its group."""
    found = []
    for name, entry in COMMANDS.items():
        module = __import__(f"bridge.cli.{entry.module}", fromlist=[entry.attribute])
        command = typer.main.get_command(getattr(module, entry.attribute))
        parts = getattr(command, "commands", None)
        found += [f"{name} {part}" for part in parts] if parts else [name]
    return found


def test_every_command_has_a_place_in_the_docs_and_help_with_an_example_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = DOCS.read_text()
    for command in commands():
        assert f"bridge {command}" in text, command
        assert main([*command.split(), "-h"]) == 0
        shown = capsys.readouterr().out
        first = shown.split("\n\n")[1].lstrip()
        assert first.startswith("Example"), command
        assert f"bridge {command}" in first, command


def test_the_list_of_commands_comes_without_loading_them() -> None:
    code = (
        "import sys; from bridge.cli import main; main(['-h']); print('sqlalchemy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
    assert "bridge serve" in done.stdout


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (["isues"], "issues"),
        (["issues", "lst"], "list"),
        (["import"], "FILE"),
        (["report", "weekly", "--week", "47"], "2026-W47"),
        (["report", "daily", "--day", "2026-02-30"], "2026-11-20"),
        (["report", "weekly", "--out", "/nowhere/at-all/week.html"], "no folder"),
    ],
)
def test_wrong_usage_is_exit_2_and_names_what_was_meant(
    words: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    shown = capsys.readouterr()
    assert word in shown.err
    assert shown.out == ""


def test_products_and_tokens_are_made_listed_and_revoked(bridge: Bridge) -> None:
    assert bridge("product", "add", "shop", "--name", "Shop", "--json").data["slug"] == "shop"
    words = ["--on-regression", "new_ticket", "--full-percent", "95", "--filing-auto", "--json"]
    told = bridge("product", "set", "shop", *words).data
    assert (told["on_regression"], told["full_percent"]) == ("new_ticket", 95)
    assert (told["filing_auto"], told["name"]) == (True, "Shop")
    assert bridge("product", "set", "shop", "--full-percent", "140").code == 2
    assert bridge("product", "set", "nobody").code == 3
    assert "shop\tShop" in bridge("product", "list").out
    made = bridge("token", "create", "--role", "lead", "--product", "shop")
    secret = made.out.strip()
    assert secret.startswith("brt_")
    assert secret not in made.err
    [token] = json.loads(bridge("token", "list", "--json").out)
    assert (token["role"], token["product"], token["revoked_at"]) == ("lead", "shop", None)
    assert secret not in json.dumps(token)
    assert bridge("token", "revoke", str(token["id"])).code == 0
    [token] = json.loads(bridge("token", "list", "--json").out)
    assert token["revoked_at"] is not None


def test_a_system_that_tells_what_is_out_is_connected_mapped_and_forgotten(
    bridge: Bridge,
) -> None:
    made = bridge("ship", "connect", "github", "--source", "acme/shop")
    assert made.out.startswith("whsec_")
    assert "/webhooks/github/" in made.err
    assert made.out.strip() not in made.err
    mapped = ("acme/mono", "--component", "app", "--tag", "app-v{version}")
    assert bridge("ship", "map", "github", *mapped).code == 0
    assert bridge("ship", "map", "github", "acme/mono", "--tag", "app").code == 1
    assert bridge("ship", "map", "github", "acme/none", "--remove").code == 3
    assert bridge("ship", "map", "github", "acme/mono", "--for", "nobody").code == 3
    prod = ("--environment", "prod-{region}", "--region", "eu", "--counts", "deployments")
    assert bridge("ship", "set", "github", *prod).code == 0
    rotated = bridge("ship", "rotate", "github").out.strip()
    assert rotated not in ("", made.out.strip())
    [one] = json.loads(bridge("ship", "list", "--json").out)["items"]
    assert (one["sources"], one["environments"]) == ("acme/mono, acme/shop", "prod-{region}")
    assert (one["counts"], one["secrets"], one["unmapped"]) == ("deployments", 2, 0)
    assert bridge("ship", "rotate", "github", "--finish").out == ""
    assert bridge("ship", "log", "--state", "unmapped", "--json").data == {"items": []}
    assert bridge("ship", "retry", "17").code == 3
    assert (
        bridge("product", "set", "--ship-rule", "by_hand", "--json").data["ship_rule"] == "by_hand"
    )
    assert bridge("ship", "disconnect", "github").code == 0
    assert bridge("ship", "disconnect", "github").code == 3


def test_a_token_of_a_person_gives_the_role_and_every_product_is_a_star(bridge: Bridge) -> None:
    words = ("token", "create", "--role", "agent", "--user", "Ada@x.example", "--product", "*")
    made = bridge(*words, "--json").data
    assert (made["product"], made["user"]) == ("*", "Ada@x.example")
    [token] = json.loads(bridge("token", "list", "--json").out)
    assert (token["user"], token["product"]) == ("ada@x.example", "*")


def test_what_does_not_exist_is_exit_3_in_one_line(bridge: Bridge) -> None:
    for words in (
        ("issues", "show", "ISS-9"),
        ("token", "revoke", "9"),
        ("token", "create", "--role", "lead", "--product", "nix"),
        ("issues", "list", "--product", "nix"),
    ):
        answer = bridge(*words)
        assert (answer.code, answer.out) == (3, ""), words
        assert len(answer.err.splitlines()) == 1, answer.err


def test_an_import_counts_and_says_where_refused_rows_are(bridge: Bridge, tmp_path: Path) -> None:
    rows = (a_row(1), a_row(2), a_row(3, occurred_at="soon"), a_row(4, product="nix"))
    file = a_file(tmp_path, *rows)
    tried = bridge("import", file, "--dry-run", "--json")
    assert tried.data == {
        "rows": 4,
        "new": 2,
        "unchanged": 0,
        "updated": 0,
        "ignored_difference": 0,
        "refused": 2,
        "refused_file": None,
    }
    done = bridge("import", file, "--json")
    assert (done.code, tried.code) == (5, 5)
    assert done.data == {**tried.data, "refused_file": done.data["refused_file"]}
    report = Path(str(done.data["refused_file"])).read_text().splitlines()
    refused = [json.loads(line) for line in report]
    assert [(one["line"], one["pointer"]) for one in refused] == [
        (3, "/occurred_at"),
        (4, "/product"),
    ]
    again = bridge("import", file, "--refused", str(tmp_path / "own.jsonl"), "--json")
    assert (again.data["new"], again.data["unchanged"]) == (0, 2)
    assert again.data["refused_file"] == str(tmp_path / "own.jsonl")


def test_an_import_without_refused_rows_is_exit_0_and_learns_the_directory(
    bridge: Bridge, tmp_path: Path
) -> None:
    people = tmp_path / "people.jsonl"
    person = {"customer": "k1", "name": "Ada", "emails": ["ada@x.example"], "platform": "iOS"}
    people.write_text(json.dumps(person))
    file = a_file(tmp_path, a_row(1))
    done = bridge("import", file, "--directory", str(people), "--json")
    assert (done.code, done.data["new"], done.data["refused_file"]) == (0, 1, None)
    assert "1 people of people.jsonl" in done.err


def test_a_file_that_needs_a_mapping_fails_in_one_line(bridge: Bridge, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("ID,Body\n1,x\n")
    answer = bridge("import", str(file))
    assert answer.code == 1
    assert "--mapping" in answer.err


def test_ratings_are_imported_by_any_columns_and_the_same_file_again_changes_nothing(
    bridge: Bridge, tmp_path: Path
) -> None:
    file, mapping = tmp_path / "surveys.csv", tmp_path / "columns.json"
    file.write_text(
        "Survey,Ticket,Stars,When\n"
        "s-1,4711,4,2026-03-03T09:15:00Z\n"
        "s-2,4712,9,2026-03-03T09:15:00Z\n"
        "s-3,,2,2026-03-03T09:15:00Z\n"
    )
    columns = {
        **{"external_id": "Survey", "contact": "Ticket", "score": "Stars"},
        **{"answered_at": "When", "metric": "csat"},
    }
    mapping.write_text(json.dumps(columns))
    words = ("import", "--ratings", str(file), "--mapping", str(mapping), "--json")
    assert bridge(*words, "--dry-run").data["new"] == 1
    first = bridge(*words)
    assert first.code == 5
    assert (first.data["rows"], first.data["new"], first.data["refused"]) == (3, 1, 2)
    refused = Path(str(first.data["refused_file"])).read_text().splitlines()
    assert [json.loads(line) for line in refused] == [
        {
            **{"line": 3, "column": "Stars", "pointer": "/score"},
            "reason": "the score must lie on its scale, 1 to 5, 5 is best",
        },
        {
            **{"line": 4, "column": "Ticket", "pointer": "/contact"},
            "reason": "say which contact or conversation it is about",
        },
    ]
    again = bridge(*words).data
    assert (again["new"], again["unchanged"]) == (0, 1)
    assert bridge("import", str(file), "--ratings", str(file)).code == 2


def test_issues_releases_and_workarounds_answer_as_the_api_does(bridge: Bridge) -> None:
    assert bridge("issues", "list", "--json").data == {"items": [], "next": None}
    assert bridge("workarounds", "list", "--json").data == {"items": [], "next": None}
    shipped = bridge("releases", "add", "4.2", "--percent", "50", "--json").data
    assert (shipped["version"], shipped["percent"]) == ("4.2", 50)
    assert (shipped["shipped"], shipped["not_shipped"]) == ([], [])
    bridge("releases", "add", "4.1", "--shipped-at", "2026-03-01T09:15:00Z", "--component", "app")
    bridge("releases", "withdraw", "4.1", "--component", "app")
    first = bridge("releases", "list", "--limit", "1", "--json").data
    rest = bridge("releases", "list", "--cursor", first["next"], "--json").data
    for page, version, is_withdrawn in ((first, "4.2", False), (rest, "4.1", True)):
        assert isinstance(page["items"], list)
        (one,) = page["items"]
        assert (one["version"], one["is_withdrawn"]) == (version, is_withdrawn)
    assert rest["next"] is None
    told = bridge("releases", "list").out
    for words in ("4.2", "50 %", "app", "taken back", "2026-03-01T09:15:00Z"):
        assert words in told, words
    assert bridge("releases", "add", "4.3", "--shipped-at", "2026-03-03T09:15:00").code == 2
    assert bridge("releases", "add", "4.3", "--issue", "ticket").code == 2
    assert bridge("issues", "fix", "ISS-7").code == 3


def test_a_person_follows_an_issue_and_the_likely_customers_are_listed(
    bridge: Bridge, pipeline: Pipeline
) -> None:
    pipeline.send(*contacts_about_export(5))
    pipeline.consolidate()
    known = bridge("issues", "follow", "ISS-1", "Kim@Support.example", "--json").data
    assert known == {"issue": "ISS-1", "person": "kim@support.example", "following": True}
    with pipeline.application.open() as store:
        (follower,) = store.notices.followers(IssueId(1))
        assert store.people.get(follower).email == "kim@support.example"
    assert bridge("issues", "unfollow", "1", "kim@support.example", "--json").data["issue"]
    with pipeline.application.open() as store:
        assert store.notices.followers(IssueId(1)) == []
    assert bridge("issues", "follow", "ISS-1", "kim").code == 2
    assert bridge("issues", "unfollow", "ISS-1", "who@support.example").code == 3
    likely = bridge("issues", "likely", "ISS-1", "--json").data
    assert (likely["count"], likely["items"]) == (0, [])
    assert "Nobody can be named" in bridge("issues", "likely", "ISS-1").err


def test_zendesk_is_connected_step_by_step_and_says_what_becomes_of_copies(
    bridge: Bridge,
) -> None:
    with zendesk_desk() as desk:
        words = ["zendesk", "connect", "--url", desk.url, "--email", EMAIL, "--json"]
        words += ["--allow-private"]
        bad = bridge(*words, "--token", "wrong")
        good = bridge(*words, "--token", TOKEN)
    names = ("address", "sign_in", "macros", "articles")
    assert good.data == {"steps": [{"name": one, "ok": True, "fix": ""} for one in names]}
    assert (good.code, bad.code, "make a new API token" in bad.out) == (0, 1, True)
    assert bridge("workarounds", "external", "auto").code == 0
    assert bridge("workarounds", "external", "perhaps").code == 2
    assert bridge("workarounds", "show", "7").code == 3


def test_jira_is_connected_step_by_step(bridge: Bridge, tmp_path: Path) -> None:
    with SandboxServer(tmp_path / "jira.db", control=True) as sandbox:
        words = ["jira", "connect", "--url", sandbox.url, "--user", sandbox.user]
        words += ["--project", "FB", "--issue-type", "Bug", "--allow-private", "--json"]
        good = bridge(*words, "--token", sandbox.token)
        bad = bridge(*words, "--token", "wrong")
        words += ["--token", sandbox.token]
        with Api(sandbox.describe()) as jira:
            jira.call("PUT", "/_sandbox/screen", {"required": ["customfield_10060"]})
        lacking = bridge(*words)
        given = bridge(*words, "--field", "Severity=Major", "--accounts-field", "Affected accounts")
        unclear = bridge(*words, "--field", "Severity")
    steps = good.data["steps"]
    assert isinstance(steps, list)
    assert good.code == 0
    assert {step["ok"] for step in steps} == {True}
    assert [sorted(step) for step in steps] == [["fix", "name", "ok"]] * len(steps)
    assert bad.code == 1
    assert '"sign_in", "ok": false' in bad.out
    assert lacking.code == 1
    asked = [step for step in lacking.data["steps"] if "asks" in step]  # type: ignore[attr-defined]
    assert [one["name"] for step in asked for one in step["asks"]] == ["Severity"]
    assert asked[0]["asks"][0]["choices"] == ["Critical", "Major", "Minor"]
    assert given.code == 0
    assert unclear.code == 2
    assert "NAME=VALUE" in unclear.err


def test_the_doctor_finds_nothing_in_a_healthy_house(bridge: Bridge, tmp_path: Path) -> None:
    bridge("import", a_file(tmp_path, a_row(1), a_row(2)))
    answer = bridge("doctor", "--consistency", "--json")
    assert (answer.code, answer.data["ok"]) == (0, True), answer.out


def test_the_doctor_counts_waiting_jobs_in_words(bridge: Bridge, tmp_path: Path) -> None:
    bridge("import", a_file(tmp_path, a_row(1)))
    assert "1 job waits" in bridge("doctor").out


def test_the_doctor_names_a_contact_that_was_set_aside(
    bridge: Bridge, application: Application, tmp_path: Path
) -> None:
    bridge("import", a_file(tmp_path, a_row(1)))
    with application.open() as store:
        home = store.products.by_slug("default")
        [waiting] = store.waiting.take(home.id, "any", limit=5)
        store.contacts.note_failure(waiting.id, reason="its text breaks the encoder", tries=1)
    answer = bridge("doctor", "--json")
    assert (answer.code, answer.data["ok"]) == (1, False)
    assert "its text breaks the encoder" in answer.out


def test_the_doctor_and_the_operator_settle_a_parked_filing(
    bridge: Bridge, application: Application
) -> None:
    with application.open() as store:
        home = store.products.by_slug("default")
        store.connections.save(home.id, "jira", name="jira", config={"instance": "i"}, sealed=b"-")
        number = store.products.next_issue_number(home.id)
        now = application.context.now()
        store.issues.add(home.id, number=number, title="x", terms=[], now=now)
    filed = bridge("issues", "file", "ISS-1", "--json")
    assert _filing(filed)["state"] == "planned"
    assert "1 wait to be sent" in bridge("doctor").out
    with application.open() as store:
        (filing_id,) = store.filings.unsettled()
        attempt = store.attempts.start(
            filing_id, token="t", lower_bound=0, now=now, lease_until=now
        )
        assert attempt is not None
        store.attempts.end(attempt, FilingState.PARKED, reason="two looks found no ticket")
    told = bridge("doctor")
    assert told.code == 1
    assert "nobody is sure whether the tracker made the ticket" in told.out
    assert "bridge issues link ISS-1 KEY" in told.out
    assert "bridge issues file ISS-1 --again" in told.out
    named = bridge("issues", "link", "ISS-1", "FB-1", "--json")
    assert "somebody says it is FB-1" in str(_filing(named)["reason"])
    assert _filing(bridge("issues", "file", "ISS-1", "--json"))["state"] == "parked"
    again = bridge("issues", "file", "ISS-1", "--again", "--json")
    assert _filing(again)["state"] == "planned"


def _filing(answer: Answer) -> dict[str, object]:
    filing = answer.data["filing"]
    assert isinstance(filing, dict)
    return filing


def test_the_doctor_finds_a_broken_promise(
    bridge: Bridge, application: Application, tmp_path: Path
) -> None:
    with application.open() as store:
        home = store.products.by_slug("default")
        number = store.products.next_issue_number(home.id)
        now = application.context.now()
        issue_id = store.issues.add(home.id, number=number, title="x", terms=[], now=now)
        # Behind the back of the state machine: no decision tells of it.
        store.issues.change(store.issues.get(home.id, issue_id), {"state": "shipped"})
    answer = bridge("doctor", "--consistency")
    assert answer.code == 1
    assert "ISS-1 is shipped" in answer.out


def test_a_database_that_is_not_there_is_exit_75(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("DATABASE_URL", f"postgresql://me:hidden@127.0.0.1:{port}/x")
    answer = bridge("product", "list")
    assert (answer.code, answer.out) == (75, "")
    assert "DATABASE_URL" in answer.err
    assert "hidden" not in answer.err
    assert bridge("doctor", "--json").data["ok"] is False


def test_config_masks_secrets_and_tells_where_values_come_from(bridge: Bridge) -> None:
    answer = bridge("config", "show", "--json")
    rows = {row["setting"]: row for row in json.loads(answer.out)}
    assert rows["BRIDGE_SECRET_KEY"] == {
        "setting": "BRIDGE_SECRET_KEY",
        "value": "********",
        "source": "environment",
    }
    assert rows["DATABASE_URL"]["source"] == "environment"
    assert rows["BRIDGE_POLL_SECONDS"]["source"] == "default"
    assert KEY not in answer.out


def test_config_check_finds_typing_errors(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIDGE_POL_SECONDS", "3")
    answer = bridge("config", "check")
    assert answer.code == 1
    assert "BRIDGE_POLL_SECONDS" in answer.out
    monkeypatch.setenv("BRIDGE_POLL_SECONDS", "often")
    assert "BRIDGE_POLL_SECONDS" in bridge("config", "check").out
    assert bridge("product", "list").code == 1


def test_a_dump_comes_back(bridge: Bridge, tmp_path: Path) -> None:
    bridge("product", "add", "shop")
    bridge("import", a_file(tmp_path, a_row(1)))
    made = bridge("db", "dump", str(tmp_path / "all.dump"), "--json").data
    assert isinstance(made["bytes"], int)
    bridge("product", "add", "later")
    assert bridge("db", "restore", str(made["file"])).code == 1
    assert bridge("db", "restore", str(made["file"]), "--yes").code == 0
    slugs = [row["slug"] for row in json.loads(bridge("product", "list", "--json").out)]
    assert slugs == ["default", "shop"]
    assert bridge("db", "upgrade", "--json").data["current"] is True


def test_tracebacks_come_only_with_debug(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BRIDGE_SECRET_KEY")
    answer = bridge("product", "list")
    assert (answer.code, len(answer.err.splitlines())) == (1, 1)
    assert "BRIDGE_SECRET_KEY" in answer.err
    with pytest.raises(Exception, match="BRIDGE_SECRET_KEY"):
        main(["product", "list", "--debug"])


@pytest.mark.processes
def test_serve_answers_gives_one_sign_in_link_and_stops_cleanly(
    bridge: Bridge, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "bridge.cli", "serve", "--port", "0", "--json"]
    with (
        (tmp_path / "err").open("w") as talk,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=talk, text=True) as process,
    ):
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        assert httpx2.get(f"{line['url']}/healthz").status_code == 200
        assert line["sign_in"].startswith(f"{line['url']}/sign-in?code=")
        assert httpx2.get(line["sign_in"]).status_code == 200
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert time.monotonic() - started < 25
        assert process.stdout.read() == ""


def test_a_taken_port_is_told_in_one_line(bridge: Bridge) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for command in ("serve", "jira-sandbox", "demo"):
            answer = bridge(command, "--port", port)
            assert (answer.code, answer.out) == (1, ""), command
            assert "--port" in answer.err, command


def test_a_second_demo_in_one_folder_is_refused_in_words(bridge: Bridge, tmp_path: Path) -> None:
    with alone_in(tmp_path / "data"):
        answer = bridge("demo")
        assert (answer.code, answer.out) == (1, "")
        assert "a demo runs in" in answer.err
    with alone_in(tmp_path / "data"):
        pass


def test_a_demo_that_is_started_again_says_that_its_earlier_token_has_ended(
    application: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    first = new_token(application)
    assert capsys.readouterr().err == ""
    second = new_token(application)
    assert "token of an earlier run has ended" in capsys.readouterr().err
    with application.open() as store:
        now = application.context.now()
        assert store.people.find_token(first, now=now) is None
        assert store.people.find_token(second, now=now) is not None


def test_letters_are_looked_after_and_opt_outs_taken_in(bridge: Bridge, tmp_path: Path) -> None:
    told = bridge("letters", "settings", "--check-in-days", "7", "--language", "de", "--json")
    assert (told.data["check_in_days"], told.data["language"]) == (7, "de")
    assert bridge("letters", "settings", "--language", "fr").code == 1
    assert bridge("letters", "list", "--json").data == {"items": []}
    assert bridge("letters", "show", "7").code == 3
    assert bridge("letters", "draft", "ISS-7").code == 3
    file = tmp_path / "no-mail.txt"
    file.write_text("mia@customer.example\nMia@customer.example\nnobody\n")
    assert "added\t1" in bridge("letters", "opt-outs", str(file)).out
    assert "mia@customer.example\timport" in bridge("letters", "opt-outs").out
    assert bridge("letters", "opt-outs", "--remove", "mia@customer.example").code == 0
    assert bridge("letters", "opt-outs", "--remove", "mia@customer.example").code == 3


def test_a_command_in_a_wrong_folder_begins_no_bridge(
    bridge: Bridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("BRIDGE_DATA_DIR")
    monkeypatch.chdir(tmp_path)
    file = a_file(tmp_path, a_row(1))
    there = sorted(tmp_path.iterdir())
    for words in (
        *(("issues", "list"), ("import", file), ("product", "add", "shop"), ("db", "dump")),
        *(("token", "create", "--role", "lead"), ("db", "upgrade"), ("worker",)),
        ("issues", "list", "--data-dir", str(tmp_path / "elsewhere")),
    ):
        answer = bridge(*words)
        assert (answer.code, answer.out) == (3, ""), words
        assert "there is no bridge here; looked in " in answer.err
        assert "--data-dir" in answer.err
        assert "bridge serve" in answer.err
    doctor = bridge("doctor", "--json")
    assert doctor.code == 1
    assert "there is no bridge here" in doctor.out
    assert sorted(tmp_path.iterdir()) == there


def test_mails_that_came_back_are_taken_in_from_a_mailbox(bridge: Bridge, tmp_path: Path) -> None:
    returned = (PAYLOADS / "postfix_failed.eml").read_bytes()
    box = tmp_path / "returned.mbox"
    box.write_bytes(
        b"From MAILER-DAEMON Tue Mar  3 10:02:11 2026\n" + returned + b"\n"
        b"From mia@a.example Tue Mar  3 10:02:12 2026\nSubject: hello\n\nno report\n"
    )
    told = bridge("mail", "bounces", str(box), "--json").data
    assert (told["not_ours"], told["no_delivery_reports"], told["bounced"]) == (1, 1, 0)
    assert bridge("mail", "bounces").code == 0
    assert bridge("mail", "bounces", "--again", "mia@a.example").code == 3
    assert bridge("mail", "bounces", str(tmp_path / "none.eml")).code == 1
