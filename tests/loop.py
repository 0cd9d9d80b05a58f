"""A product connected to a sandbox, for tests of the whole loop."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.domain.issues import IssueState
from bridge.domain.people import Role
from bridge.domain.products import Product
from bridge.store.issues import IssueFilter, IssueSummary
from bridge.wiring import Application
from bridge.wiring.clock import SimulatedClock
from bridge.wiring.jira import JiraGiven, connect_jira
from integrations.jira.sandbox import SandboxServer

LEAD = "lead@support.example"


@contextmanager
def connected_sandbox(
    application: Application, product: Product, folder: Path, clock: SimulatedClock | None = None
) -> Iterator[SandboxServer]:
    """A running sandbox that the product files into, and a lead to tell."""
    with SandboxServer(folder / "jira.db", control=True, clock=clock) as sandbox:
        connect(application, product, sandbox)
        with application.open() as store:
            lead = store.people.known(LEAD)
            store.people.add_member(lead.id, product.id, Role.LEAD)
        yield sandbox


def connect(application: Application, product: Product, sandbox: SandboxServer) -> None:
    """Connect, and fail loudly if a step of the test fails."""
    steps = connect_jira(
        JiraGiven.to_sandbox(sandbox.describe()),
        product,
        context=application.context,
    )
    assert all(step.ok for step in steps), steps


def issues(application: Application, product: Product, *states: IssueState) -> list[IssueSummary]:
    """The product's issues, by rank."""
    with application.open() as store:
        return store.issues.search(product.id, IssueFilter(states=states))
