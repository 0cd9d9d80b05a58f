"""A refused ticket: a person is told which field, chooses, and the same filing goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.domain.errors import InvalidInput
from bridge.domain.issues import Issue, IssueState
from bridge.domain.tickets import FieldKind, Filing, FilingState
from bridge.steps.moves import Cause
from bridge.steps.refusal import FieldsChosen
from bridge.steps.review import file_issue
from bridge.wiring.jira import JiraGiven, connect_jira
from integrations.jira.sandbox import SandboxServer
from tests.conftest import Pipeline
from tests.contract.sandbox_client import Api
from tests.groups_bench import MIA, Groups
from tests.loop import connected_sandbox

SEVERITY = "customfield_10060"


@pytest.fixture
def groups(pipeline: Pipeline) -> Groups:
    """Issues made by hand."""
    return Groups(pipeline)


@pytest.fixture
def jira(groups: Groups, tmp_path: Path) -> Iterator[Api]:
    """A connected tracker whose project then begins to demand a severity."""
    pipeline = groups.pipeline
    with (
        connected_sandbox(
            pipeline.application, pipeline.product, tmp_path, pipeline.clock
        ) as server,
        Api(server.describe()) as api,
    ):
        assert api.call("PUT", "/_sandbox/screen", {"required": [SEVERITY]}).status_code == 200
        yield api


def file(groups: Groups, issue: Issue, chosen: FieldsChosen | None = None) -> None:
    with groups.application.open() as store:
        locked = store.issues.get(groups.product.id, issue.id, lock=True)
        cause = Cause(MIA, groups.pipeline.clock.moment, "", "test")
        file_issue(locked, groups.product, store=store, cause=cause, chosen=chosen)
    groups.pipeline.queue.drain(groups.pipeline.clock.moment)


def filing_of(groups: Groups, issue: Issue) -> Filing:
    with groups.application.open() as store:
        return store.filings.of_issue(issue.id)[-1]


def severities(jira: Api) -> list[str | None]:
    return [one["severity"] for one in jira.truth()["tickets"]]


def test_the_lead_is_told_the_field_chooses_and_the_refused_filing_goes_on(
    groups: Groups, jira: Api
) -> None:
    issue = groups.issue("export", state=IssueState.CONFIRMED)
    file(groups, issue)
    refused = filing_of(groups, issue)
    assert refused.state is FilingState.REFUSED
    assert "Severity: Severity is required." in (refused.reason or "")
    (asked,) = refused.asks
    assert (asked.name, asked.kind, asked.told) == (
        *("Severity", FieldKind.CHOICE),
        "Severity is required.",
    )
    with pytest.raises(InvalidInput, match="Severity takes one of: Critical, Major, Minor"):
        file(groups, issue, FieldsChosen({"Severity": "Huge"}))
    assert filing_of(groups, issue) == refused
    file(groups, issue, FieldsChosen({"severity": "major"}))
    linked = filing_of(groups, issue)
    assert (linked.id, linked.state, linked.asks) == (refused.id, FilingState.LINKED, ())
    assert severities(jira) == ["Major"]


def test_a_choice_for_one_ticket_is_not_made_for_others_unless_it_is_said(
    groups: Groups, jira: Api
) -> None:
    first, second = (
        groups.issue(topic, state=IssueState.CONFIRMED) for topic in ("export", "login")
    )
    file(groups, first, FieldsChosen({"Severity": "Minor"}))
    file(groups, second)
    assert filing_of(groups, first).state is FilingState.LINKED
    assert filing_of(groups, second).state is FilingState.REFUSED
    file(groups, second, FieldsChosen({"Severity": "Critical"}, for_all=True))
    third = groups.issue("invoice", state=IssueState.CONFIRMED)
    file(groups, third)
    assert filing_of(groups, third).state is FilingState.LINKED
    assert severities(jira) == ["Minor", "Critical", "Critical"]


def test_a_choice_that_no_longer_exists_is_refused_again_and_asked_anew(
    groups: Groups, jira: Api
) -> None:
    issue = groups.issue("export", state=IssueState.CONFIRMED)
    # Nothing was asked yet, so nobody could check it before the tracker.
    file(groups, issue, FieldsChosen({"Severity": "Gone"}))
    refused = filing_of(groups, issue)
    assert refused.state is FilingState.REFUSED
    assert "not sent: Severity takes one of" in (refused.reason or "")
    assert [one.name for one in refused.asks] == ["Severity"]
    assert jira.truth()["tickets"] == []
    file(groups, issue, FieldsChosen({"Severity": "Minor"}))
    assert severities(jira) == ["Minor"]


def test_a_field_that_is_not_described_now_is_still_told(groups: Groups, jira: Api) -> None:
    issue = groups.issue("export", state=IssueState.CONFIRMED)
    jira.arm("createmeta", "error_503", count=99)
    file(groups, issue)
    refused = filing_of(groups, issue)
    assert (refused.state, refused.asks) == (FilingState.REFUSED, ())
    assert f"{SEVERITY}: Severity is required." in (refused.reason or "")


def test_connecting_again_keeps_what_was_given_and_an_empty_value_takes_it_back(
    groups: Groups, tmp_path: Path
) -> None:
    context, product = groups.application.context, groups.product
    with SandboxServer(tmp_path / "jira.db", control=True) as server:
        account = server.describe()

        def connect(**fields: str) -> dict[str, object]:
            given = JiraGiven(
                url=account["url"],
                user=account["user"],
                token=account["token"],
                project=account["project"],
                issue_type="Bug",
                accounts_field="Affected accounts",
                fields=fields,
                allow_private=True,
                calls_per_second=1000,
            )
            assert all(step.ok for step in connect_jira(given, product, context=context))
            with groups.application.open() as store:
                connection = store.connections.of_product(product.id, "jira")
            assert connection is not None
            assert connection.config["accounts_field"] == "customfield_10051"
            return dict(connection.config)["fields"]  # type: ignore[return-value]

        assert connect(Severity="Major") == {SEVERITY: "Major"}
        assert connect() == {SEVERITY: "Major"}
        assert connect(severity="minor") == {SEVERITY: "minor"}
        assert connect(Severity="") == {}
