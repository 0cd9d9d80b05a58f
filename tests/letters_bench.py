"""Letters on a test's own database: fixed issues of some customers, and a lead who writes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bridge.domain.contacts import ContactReceived
from bridge.domain.issues import Issue, IssueState
from bridge.domain.letters import FixWords, LetterKind, LetterState
from bridge.domain.people import Actor
from bridge.steps.known import show_to_customers
from bridge.steps.letter_look import look_again
from bridge.steps.letter_sending import send_letter
from bridge.steps.letters import Seen, approve_letter, draft_letter, edit_letter
from bridge.steps.moves import Cause, move_issue
from bridge.steps.ship import ReleaseNews, ship
from bridge.steps.tell import Telling
from bridge.store import Store
from bridge.store.addressees import Addressee
from bridge.store.letters import Letter
from tests.conftest import Pipeline
from tests.fakes import FakeNotifier
from tests.groups_bench import Groups

LEAD = Actor("person", "lead@support.example")
TITLE = "Exports stopped at 90 percent"


class LettersBench:
    """A lead who writes to customers."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.mail = FakeNotifier(name="smtp")
        pipeline.rewire(replace(pipeline.application.context, notifiers=[self.mail]))
        self.groups = Groups(pipeline)

    def issue(self, topic: str = "export", count: int = 3) -> Issue:
        """A resolved issue with words for customers; its last customer has every topic."""
        return self.resolved(self.groups.issue(topic, count))

    def issue_of(self, *contacts: ContactReceived) -> Issue:
        """The same of just these contacts."""
        ids = [one.contact_id for one in self.pipeline.send(*contacts)]
        with self.pipeline.application.open() as store:
            for one in ids:
                store.issues.unassign([one], now=self.pipeline.clock.moment)
        return self.resolved(self.groups.issue_of(ids, "About these"))

    def resolved(self, found: Issue) -> Issue:
        """It with words for customers, resolved."""
        with self.pipeline.application.open() as store:
            issue = store.issues.get(found.product_id, found.id, lock=True)
            cause = self.cause()
            for state in (IssueState.CONFIRMED, IssueState.FILED, IssueState.RESOLVED):
                issue = move_issue(issue, state, store=store, cause=cause)
            text = "It is about exports."
            show_to_customers(
                issue, title=TITLE, text=text, workaround="", store=store, cause=cause
            )
            return issue

    def ship(self, *issues: Issue, version: str = "4.2", percent: int = 100) -> None:
        """The fix of these reaches customers."""
        with self.pipeline.application.open() as store:
            ids = tuple(one.id for one in issues)
            news = ReleaseNews(version, self.pipeline.clock.moment, percent=percent, issue_ids=ids)
            context = self.pipeline.application.context
            ship(news, self.pipeline.product, store=store, context=context, cause=self.cause())
        self.drain()

    def cause(self, reason: str = "") -> Cause:
        return Cause(LEAD, self.pipeline.clock.moment, reason, "test")

    def telling(self, store: Store) -> Telling:
        context = self.pipeline.application.context
        return Telling(self.pipeline.product, store, context, self.cause())

    def draft(self, issue: Issue, kind: LetterKind = LetterKind.FIX) -> Letter:
        with self.pipeline.application.open() as store:
            now = store.issues.get(issue.product_id, issue.id)
            return draft_letter(now, kind, self.telling(store))

    def look(self, letter: Letter) -> None:
        with self.pipeline.application.open() as store:
            look_again(letter, self.telling(store))

    def word(self, letter: Letter, issue: Issue, title: str = TITLE) -> Letter:
        """Say in every language what was fixed."""
        with self.pipeline.application.open() as store:
            return edit_letter(
                self.locked(letter, store),
                seen=Seen(letter.edition, letter.approved_edition),
                texts={},
                words={issue.id: {name: FixWords(title) for name in ("en", "de", "es")}},
                telling=self.telling(store),
            )

    def approve(self, letter: Letter) -> int:
        with self.pipeline.application.open() as store:
            locked = self.locked(letter, store)
            return approve_letter(locked, edition=locked.edition, telling=self.telling(store))

    def send(self, letter: Letter, first: int | None = None, *, drain: bool = True) -> int:
        with self.pipeline.application.open() as store:
            locked = self.locked(letter, store)
            told = self.telling(store)
            count = send_letter(locked, edition=locked.edition, telling=told, first=first)
        if drain:
            self.drain()
        return count

    def locked(self, letter: Letter, store: Store) -> Letter:
        return store.letters.get(letter.product_id, letter.id, lock=True)

    def readers(self, letter: Letter, *states: LetterState) -> Sequence[Addressee]:
        with self.pipeline.application.open() as store:
            return store.addressees.of_letter(letter.id, states)

    def drain(self) -> None:
        self.pipeline.queue.drain(self.pipeline.clock.moment)

    def later(self, **time: float) -> None:
        self.pipeline.clock.advance(
            self.pipeline.clock.moment + timedelta(**time), self.pipeline.queue
        )
