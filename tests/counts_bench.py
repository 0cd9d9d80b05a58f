"""Filed issues, the numbers on their tickets, and more people who write."""

from datetime import timedelta

from bridge.domain.contacts import ContactReceived
from bridge.domain.issues import Issue, IssueState
from integrations.jira.sandbox import SandboxServer
from tests.builders import a_contact
from tests.contract.sandbox_client import Api
from tests.groups_bench import TEXTS, Groups

EXPORT = TEXTS["export"].format(n=0)


class Tickets:
    """The tickets of filed issues, as the sandbox has them."""

    def __init__(self, groups: Groups, sandbox: SandboxServer) -> None:
        self.groups = groups
        self.sandbox = sandbox

    def file(self, topic: str, count: int = 4) -> Issue:
        """An issue with a ticket."""
        issue = self.groups.issue(topic, count, state=IssueState.CONFIRMED)
        store_of = self.groups.application.open
        now = self.groups.pipeline.clock.moment
        with store_of() as store:
            connection = store.connections.of_product(self.groups.product.id, "jira")
            assert connection is not None
            filing = store.filings.plan(
                issue, connection.id, fingerprint=f"test/{issue.number}", now=now
            )
            store.enqueue("file", filing_id=filing.id)
        self.later(seconds=1)
        assert self.groups.now(issue).state is IssueState.FILED
        self.later(minutes=5)
        return self.groups.now(issue)

    def later(self, **time: float) -> None:
        """Let time pass."""
        clock = self.groups.pipeline.clock
        clock.advance(clock.moment + timedelta(**time), self.groups.pipeline.queue)

    def customers(self, issue: Issue) -> list[float]:
        """The numbers on the tickets that were filed for this very issue."""
        with self.groups.application.open() as store:
            ids = {
                store.tickets.get(filing.ticket_id).ref.remote_id
                for filing in store.filings.of_issue(issue.id)
                if filing.issue_id == issue.id and filing.ticket_id
            }
        with Api(self.sandbox.describe()) as jira:
            found = jira.truth()["tickets"]
        return [one["customers"] for one in found if one["id"] in ids]

    def writes(self) -> list[str]:
        """Every change of a ticket that the tracker was asked for since it was made."""
        with Api(self.sandbox.describe()) as jira:
            calls = jira.get("/_sandbox/calls")
        return [
            f"{one['method']} {one['path']}"
            for one in calls
            if one["method"] in ("PUT", "POST", "DELETE") and "/issue/1" in one["path"]
        ]


def people(
    count: int, *, first: int = 0, start: float = 600, apart: float = 0.001
) -> list[ContactReceived]:
    """Contacts of so many customers with the very text of an export contact."""
    return [
        a_contact(
            EXPORT,
            external_id=f"more-{number}",
            email=f"more{number}@customer.example",
            minutes=start + apart * (number - first),
        )
        for number in range(first, first + count)
    ]


def now_in_minutes(groups: Groups) -> float:
    """Simulated time since the start of tests."""
    moment = groups.pipeline.clock.moment
    return (moment - a_contact().occurred_at).total_seconds() / 60
