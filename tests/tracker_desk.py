"""A product with a real sandbox, engineers who write tickets of their own, and a lead who files."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bridge.domain.grouping import Suggestion
from bridge.domain.issues import Issue, IssueState
from bridge.domain.tickets import Filing
from bridge.ports import Tracker
from bridge.settings import Settings
from bridge.steps.answer import answer_suggestion
from bridge.steps.moves import Cause
from bridge.steps.name_ticket import name_ticket
from bridge.steps.review import file_issue
from bridge.steps.unlink import unlink_ticket
from bridge.store.tickets import Ticket
from integrations.jira.sandbox import SandboxServer
from tests.conftest import Pipeline
from tests.contract.sandbox_client import Api, adf
from tests.groups_bench import MIA, Groups
from tests.loop import connected_sandbox

# Any, because these are a foreign system's answers, read by tests only.
Json = dict[str, Any]

ALIKE = "The export button does nothing when I press it"
"""A title that customers' words about "export" come close to."""


class Killed(BaseException):
    """Nobody handles it, as a killed process handles nothing."""


class Dying:
    """A tracker whose process is killed after one kind of call has reached it."""

    def __init__(self, tracker: object, dies_at: str) -> None:
        self._tracker = tracker
        self._dies_at = dies_at

    def __getattr__(self, name: str) -> object:
        call = getattr(self._tracker, name)

        def run(*args: object, **kwargs: object) -> object:
            found = call(*args, **kwargs)
            if name == self._dies_at:
                raise Killed
            return found

        return run if callable(call) else call


class TrackerDesk:
    """Files into the sandbox, and sees what became of it on both sides."""

    def __init__(self, groups: Groups, sandbox: SandboxServer, api: Api) -> None:
        self.groups = groups
        self.sandbox = sandbox
        self.api = api

    @property
    def pipeline(self) -> Pipeline:
        return self.groups.pipeline

    def configure(self, **changes: object) -> None:
        """Other settings from now on."""
        context = self.pipeline.application.context
        settings: Settings = context.settings.model_copy(update=changes)
        self.pipeline.rewire(replace(context, settings=settings))

    def write(self, title: str, text: str = "It happens since Monday.", **fields: object) -> str:
        """An engineer makes a ticket; returns its key."""
        return self.api.create(title, description=adf(text), **fields)

    def move(self, key: str, status: str, resolution: str | None = None) -> None:
        """An engineer moves a ticket."""
        moves = self.api.get(f"issue/{key}/transitions")["transitions"]
        wanted = next(move for move in moves if move["to"]["name"] == status)
        body: Json = {"transition": {"id": wanted["id"]}}
        if resolution is not None:
            body["fields"] = {"resolution": {"name": resolution}}
        answer = self.api.call("POST", f"issue/{key}/transitions", body)
        assert answer.status_code == 204, answer.text

    def duplicate(self, key: str, original: str) -> None:
        """An engineer links a ticket as the duplicate of another, as Jira's own page does."""
        body = {
            "type": {"name": "Duplicate"},
            "inwardIssue": {"key": key},
            "outwardIssue": {"key": original},
        }
        assert self.api.call("POST", "issueLink", body).status_code == 201

    def file(self, issue: Issue, *, again: bool = False) -> None:
        with self.pipeline.application.open() as store:
            current = store.issues.get(self.groups.product.id, issue.id, lock=True)
            cause = Cause(MIA, self.pipeline.clock.moment)
            file_issue(current, self.groups.product, store=store, cause=cause, again=again)
        self.drain()

    def name(self, issue: Issue, key: str) -> None:
        with self.pipeline.application.open() as store:
            current = store.issues.get(self.groups.product.id, issue.id, lock=True)
            name_ticket(current, key, store=store, cause=Cause(MIA, self.pipeline.clock.moment))
        self.drain()

    def unlink(self, issue: Issue, *, drain: bool = True) -> None:
        with self.pipeline.application.open() as store:
            current = store.issues.get(self.groups.product.id, issue.id, lock=True)
            unlink_ticket(current, store=store, cause=Cause(MIA, self.pipeline.clock.moment))
        if drain:
            self.drain()

    def answer(self, suggestion: Suggestion, *, is_yes: bool) -> None:
        with self.pipeline.application.open() as store:
            answer_suggestion(suggestion, self.groups.act(store), is_yes=is_yes)
        self.drain()

    def drain(self) -> None:
        self.pipeline.queue.drain(self.pipeline.clock.moment)

    def later(self, **time: float) -> None:
        """Let time pass, then look at the tracker."""
        clock = self.pipeline.clock
        clock.advance(clock.moment + timedelta(**time), self.pipeline.queue)
        with self.pipeline.application.open() as store:
            store.enqueue("poll_all")
        self.drain()

    def sweep(self) -> None:
        with self.pipeline.application.open() as store:
            store.enqueue("sweep_all")
        self.drain()

    def asked(self, issue: Issue) -> list[Suggestion]:
        """Open questions about existing tickets."""
        with self.pipeline.application.open() as store:
            return store.ticket_questions.open_about(self.groups.product.id, [issue.id])

    def filing(self, issue: Issue) -> Filing:
        with self.pipeline.application.open() as store:
            return store.filings.of_issue(issue.id)[-1]

    def ticket(self, issue: Issue) -> Ticket:
        filing = self.filing(issue)
        assert filing.ticket_id is not None, filing
        with self.pipeline.application.open() as store:
            return store.tickets.get(filing.ticket_id)

    def actions(self, issue: Issue) -> list[str]:
        with self.pipeline.application.open() as store:
            return [one.action for one in store.decisions.history(issue.id)]

    def state(self, issue: Issue) -> IssueState:
        return self.groups.now(issue).state

    def context_tracker(self) -> Tracker:
        """The tracker as the product reaches it."""
        with self.pipeline.application.open() as store:
            (connection,) = store.connections.all()
        return self.pipeline.application.context.tracker(connection)

    def truth(self) -> dict[str, Json]:
        """Every ticket as it really is, by key."""
        return {one["key"]: one for one in self.api.truth()["tickets"]}

    def ours(self) -> list[str]:
        """Keys of tickets with our label."""
        return [key for key, one in self.truth().items() if "support-bridge" in one["labels"]]

    def duplicates_of(self, key: str) -> list[str]:
        """Keys of the tickets that this one duplicates."""
        links = self.truth()[key]["fields"]["issuelinks"]
        return [one["outwardIssue"]["key"] for one in links if "outwardIssue" in one]


@contextmanager
def tracker_desk(pipeline: Pipeline, folder: Path) -> Iterator[TrackerDesk]:
    """A desk on a fresh sandbox."""
    groups = Groups(pipeline)
    application, clock = pipeline.application, pipeline.clock
    with (
        connected_sandbox(application, pipeline.product, folder, clock) as sandbox,
        Api(sandbox.describe()) as api,
    ):
        yield TrackerDesk(groups, sandbox, api)
