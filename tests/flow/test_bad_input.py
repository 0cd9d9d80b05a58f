"""What Jira may do to a filing: each trouble is classified, told in words, and survived.

Real steps against the real sandbox; Jira's waits are scaled 1:200, ours are simulated.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import bridge.wiring.jira as jira_wiring
import integrations.jira.client as client_module
from bridge.api import present
from bridge.cli.doctor import look_over
from bridge.domain.errors import Refused, TryAgainLater
from bridge.domain.issues import Issue, IssueState
from bridge.domain.people import Role
from bridge.domain.tickets import FilingState
from bridge.steps.moves import Cause
from bridge.steps.refusal import FieldsChosen
from bridge.steps.review import file_issue
from bridge.store.connections import Connection
from bridge.store.secrets import Secrets
from bridge.wiring.jira import JiraGiven, connect_jira
from integrations.jira.settings import JiraSettings
from tests.conftest import Pipeline
from tests.groups_bench import MIA
from tests.pages_bench import PagesBench
from tests.tracker_desk import TrackerDesk, tracker_desk

SCALE = 200
READ_SECONDS = 60 / SCALE
TEN_MINUTES = 600 / SCALE
BUG, TASK = "10001", "10002"
SEVERITY = "customfield_10060"
CREATE = "POST /rest/api/3/issue$"
SEARCH = "search/jql"
_S = FilingState
_NO_PROJECT = "Jira shows our account no project FB: put it back"
_PAGE = "answered with a web page instead of data: perhaps a proxy"
_CUT_OFF = "answer could not be read: it is cut off"
_SLOW = "did not answer in time"

Act = Callable[[TrackerDesk, Issue], None]


def site(**set_up: object) -> Act:
    """An administrator changes the project."""

    def act(desk: TrackerDesk, issue: Issue) -> None:
        assert desk.api.call("PUT", "/_sandbox/site", set_up).status_code == 200

    return act


def demands_severity(desk: TrackerDesk, issue: Issue) -> None:
    answer = desk.api.call("PUT", "/_sandbox/screen", {"required": [SEVERITY]})
    assert answer.status_code == 200


def fault(route: str, kind: str, *, count: int = 1, **more: float) -> Act:
    """The next calls meet it."""
    return lambda desk, issue: desk.api.arm(route, kind, count=count, **more)


def is_known_already(then: Act) -> Act:
    """The number to start from is known and the look is fresh, so that the create comes first."""

    def act(desk: TrackerDesk, issue: Issue) -> None:
        desk.context_tracker().highest_number()
        desk.context_tracker().versions()
        desk.configure(filing_looks=False)
        then(desk, issue)

    return act


def time_passes(desk: TrackerDesk, issue: Issue) -> None:
    """It goes on by itself."""


def no_more_faults(desk: TrackerDesk, issue: Issue) -> None:
    assert desk.api.call("DELETE", "/_sandbox/faults").status_code == 204


def then_again(mend: Act) -> Act:
    """Somebody puts it right, and the lead tries again."""

    def act(desk: TrackerDesk, issue: Issue) -> None:
        mend(desk, issue)
        desk.file(issue)

    return act


def choose_severity(desk: TrackerDesk, issue: Issue) -> None:
    with desk.pipeline.application.open() as store:
        locked = store.issues.get(desk.groups.product.id, issue.id, lock=True)
        cause = Cause(MIA, desk.pipeline.clock.moment)
        chosen = FieldsChosen({"Severity": "Major"})
        file_issue(locked, desk.groups.product, store=store, cause=cause, chosen=chosen)
    desk.drain()


def connect(**changes: str) -> Act:
    """The operator connects again with something else."""

    def act(desk: TrackerDesk, issue: Issue) -> None:
        given = replace(JiraGiven.to_sandbox(desk.api.account), **changes)  # type: ignore[arg-type]
        product = desk.groups.product
        steps = connect_jira(given, product, context=desk.pipeline.application.context)
        assert all(step.ok for step in steps), steps

    return act


@dataclass(frozen=True)
class Trouble:
    """One thing that goes wrong, what it must look like, and who puts it right."""

    name: str
    breaks: Act
    state: FilingState
    told: str
    """What the page, the API and the doctor say."""
    mend: Act
    creates: int = 1
    """Requests for a ticket in the end that reached the tracker."""


TROUBLES = (
    Trouble(
        "a required field that nobody knew of",
        demands_severity,
        _S.REFUSED,
        "Severity: Severity is required.",
        choose_severity,
        creates=2,
    ),
    Trouble("project gone", site(lacking=["BROWSE_PROJECTS"]), _S.PLANNED, _NO_PROJECT, site()),
    Trouble(
        "project gone before the create",
        is_known_already(site(lacking=["BROWSE_PROJECTS"])),
        _S.REFUSED,
        _NO_PROJECT,
        then_again(site()),
        creates=2,
    ),
    Trouble("issue type renamed", site(issue_types={BUG: "Fault"}), _S.LINKED, "", time_passes),
    Trouble(
        "issue type not offered any more",
        site(issue_types={BUG: ""}),
        _S.REFUSED,
        "project does not offer our issue type any more: connect with another one",
        then_again(connect(issue_type="Task")),
        creates=2,
    ),
    Trouble(
        "no permission to create",
        site(lacking=["CREATE_ISSUES"]),
        _S.PLANNED,
        "Jira does not let our account do this (403): You do not have permission to create",
        site(),
        creates=3,
    ),
    Trouble(
        "token expired",
        site(token="another one"),
        _S.PLANNED,
        "Jira did not accept our account (401)",
        connect(token="another one"),
    ),
    Trouble(
        "a page instead of the search's answer",
        fault(SEARCH, "html_after_commit", count=500),
        _S.PLANNED,
        _PAGE,
        no_more_faults,
    ),
    Trouble(
        "a page after the create",
        fault(CREATE, "html_after_commit"),
        _S.UNCERTAIN,
        _PAGE,
        time_passes,
    ),
    Trouble(
        "a page in place of the create",
        fault(CREATE, "html_body"),
        _S.UNCERTAIN,
        "Jira answered 502: the ticket may exist or not",
        time_passes,
        creates=2,
    ),
    Trouble(
        "cut-off answers to the search",
        fault(SEARCH, "truncated_json", count=500),
        _S.PLANNED,
        _CUT_OFF,
        no_more_faults,
    ),
    Trouble(
        "a cut-off answer to the create",
        fault(CREATE, "truncated_json"),
        _S.UNCERTAIN,
        _CUT_OFF,
        time_passes,
    ),
    Trouble(
        "searches that hang for ten minutes",
        fault(SEARCH, "hang", count=500, seconds=TEN_MINUTES),
        _S.PLANNED,
        _SLOW,
        no_more_faults,
    ),
    Trouble(
        "a create that hangs for ten minutes",
        fault(CREATE, "hang", seconds=TEN_MINUTES),
        _S.UNCERTAIN,
        _SLOW,
        time_passes,
        creates=2,
    ),
)


@pytest.fixture
def desk(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TrackerDesk]:
    """A product on a sandbox; what Jira may take is shortened."""
    settings_of = jira_wiring.jira_settings
    patience = client_module.Patience(first_wait_seconds=0.01)

    def scaled(connection: Connection, secrets: Secrets) -> JiraSettings:
        return replace(settings_of(connection, secrets), read_timeout_seconds=READ_SECONDS)

    monkeypatch.setattr(jira_wiring, "jira_settings", scaled)
    monkeypatch.setattr(client_module, "Patience", lambda: patience)
    with tracker_desk(pipeline, tmp_path) as made:
        yield made


def told(desk: TrackerDesk, issue: Issue, lead: TestClient) -> tuple[str, str, str]:
    """What the page, the API and the doctor say of an issue's filing."""
    page = lead.get(f"/issues/{issue.name}").text
    application, product = desk.pipeline.application, desk.groups.product
    with application.open() as store:
        shown = present.issue(issue.id, product, store=store, context=application.context)
        found = look_over(store, desk.pipeline.clock.moment)
    troubles = " ".join(one.detail for one in found if one.check in ("connections", "filings"))
    return page, str(shown.filing.reason if shown.filing else ""), troubles


def creates(desk: TrackerDesk) -> int:
    calls = desk.api.get("/_sandbox/calls")
    return sum(one["method"] == "POST" and one["path"].endswith("/issue") for one in calls)


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda one: one.name)
def test_a_trouble_is_told_and_the_ticket_is_filed_once_it_is_over(
    desk: TrackerDesk, trouble: Trouble
) -> None:
    lead = PagesBench(desk.pipeline).signed_in(Role.LEAD)
    issue = desk.groups.issue("export", state=IssueState.CONFIRMED)
    trouble.breaks(desk, issue)
    desk.file(issue)
    assert desk.filing(issue).state is trouble.state
    for words in told(desk, issue, lead):
        assert trouble.told in words
    desk.later(seconds=100)
    if trouble.mend is not time_passes:
        # It keeps trying, or waits for a person.
        assert desk.filing(issue).state is trouble.state
        assert desk.ours() == []
    trouble.mend(desk, issue)
    for _ in range(3):
        desk.later(minutes=15)
    assert desk.filing(issue).state is FilingState.LINKED
    (key,) = desk.ours()
    assert desk.ticket(issue).ref.key == key
    assert creates(desk) == trouble.creates
    assert desk.truth()[key]["customers"] == desk.groups.customers(issue)
    assert desk.groups.broken_promises() == []
    for words in told(desk, issue, lead):
        assert not trouble.told or trouble.told not in words


def test_a_ticket_that_came_while_nobody_waited_any_more_is_found(desk: TrackerDesk) -> None:
    issue = desk.groups.issue("export", state=IssueState.CONFIRMED)
    desk.api.arm(CREATE, "slow", seconds=READ_SECONDS * 2)
    desk.file(issue)
    assert desk.filing(issue).state is FilingState.UNCERTAIN
    time.sleep(READ_SECONDS * 2)
    desk.later(minutes=3)
    assert desk.filing(issue).state is FilingState.LINKED
    assert (creates(desk), len(desk.ours())) == (1, 1)


def test_tickets_of_a_project_that_is_out_of_sight_are_not_taken_for_deleted(
    desk: TrackerDesk,
) -> None:
    lead = PagesBench(desk.pipeline).signed_in(Role.LEAD)
    issue = desk.groups.issue("export", state=IssueState.CONFIRMED)
    desk.file(issue)
    key = desk.ticket(issue).ref.key
    site(lacking=["BROWSE_PROJECTS"])(desk, issue)
    with pytest.raises(TryAgainLater, match=_NO_PROJECT):
        desk.pipeline.application.jobs()["track"](
            connection_id=1, remote_id=desk.ticket(issue).ref.remote_id
        )
    desk.later(minutes=2)
    assert desk.state(issue) is IssueState.FILED
    assert not desk.ticket(issue).is_deleted
    assert _NO_PROJECT in told(desk, issue, lead)[2]
    site()(desk, issue)
    desk.later(minutes=2)
    assert _NO_PROJECT not in told(desk, issue, lead)[2]
    assert desk.ours() == [key]


def test_numbers_are_right_again_once_our_account_may_edit_again(desk: TrackerDesk) -> None:
    issue = desk.groups.issue("export", state=IssueState.CONFIRMED)
    desk.file(issue)
    key = desk.ticket(issue).ref.key
    other = desk.groups.issue("login")
    desk.later(minutes=2)
    site(lacking=["EDIT_ISSUES"])(desk, issue)
    desk.groups.merge(desk.groups.now(issue), other)
    with pytest.raises(Refused, match="do not have permission to edit"):
        desk.drain()
    site()(desk, issue)
    desk.later(minutes=61)
    assert desk.truth()[key]["customers"] == desk.groups.customers(issue) == 7
