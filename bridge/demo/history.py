"""Twelve weeks in two minutes: the demo's contacts and engineers, through the real steps."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bridge.demo.answers import Answers
from bridge.demo.directory import hand_over_directory
from bridge.demo.engineering import Engineering
from bridge.demo.generate import SOURCE, DemoContact
from bridge.demo.lead import Lead
from bridge.demo.pipeline import Pipeline
from bridge.demo.post import WORDS, write_letter
from bridge.demo.story import outage_moment, progress, release_moments
from bridge.demo.topics import TOPICS, Topic
from bridge.domain.issues import Issue, IssueId, IssueState
from bridge.domain.people import Actor
from bridge.domain.products import Product
from bridge.domain.reports import ReportKind
from bridge.queue import InlineQueue
from bridge.steps.ingest import ingest
from bridge.steps.moves import Cause
from bridge.steps.ship import ReleaseNews, ship
from bridge.store import Store
from bridge.store.issues import IssueFilter
from bridge.wiring import Application
from bridge.wiring.clock import SimulatedClock

_CHUNK = 25
_CONSOLIDATE_EVERY = 200
_HOTFIX = "5.1.1"
_LAST_DAYS_BY_HAND = 6
"""In the last days nothing files by itself, so that a visitor finds candidates to review."""
_LIVING = (IssueState.CONFIRMED, IssueState.FILED, IssueState.IN_PROGRESS)
_TOPICS = {topic.slug: topic for topic in TOPICS}


@dataclass(slots=True)
class _Story:
    """Which tickets the engineers have dealt with."""

    started: set[IssueId] = field(default_factory=set)
    finished: set[tuple[IssueId, str]] = field(default_factory=set)


class History:
    """Plays the demo's past into an empty product."""

    def __init__(
        self,
        application: Application,
        queue: InlineQueue,
        clock: SimulatedClock,
        product: Product,
        engineering: Engineering,
    ) -> None:
        self._application = application
        self._queue = queue
        self._clock = clock
        self._product = product
        self._engineering = engineering
        self._story = _Story()
        self._lead = Lead(product, application.context)
        self._answers = Answers(product, application.context)
        self._topic_of: dict[str, str] = {}
        self._pipeline = Pipeline(product, application.context)

    def play(
        self,
        contacts: Sequence[DemoContact],
        anchor: datetime,
        *,
        seed: int,
        say: Callable[[str], None],
    ) -> None:
        """Day by day: contacts come in, engineers work, versions are released."""
        self._topic_of = {
            one.received.external_id: one.topic for one in contacts if one.topic is not None
        }
        releases = release_moments(anchor)
        for version in (*releases, _HOTFIX):
            self._engineering.plan_version(version)
        with self._application.open() as store:
            self._lead.open_known_issues(store)
        self._pipeline.connect(anchor)
        hotfix_at = outage_moment(anchor) + timedelta(hours=20)
        by_hand = anchor - timedelta(days=_LAST_DAYS_BY_HAND)
        fed, last = 0, self._clock.moment
        for chunk in _chunks(contacts):
            day = chunk[0].received.occurred_at
            if told := progress(last, day, anchor):
                say(told)
            last = day
            if self._clock.moment.date() != day.date():
                self._begin_day(day, releases, hotfix_at, is_by_hand=day > by_hand)
                fed = 0
            self._feed(chunk)
            if outage_moment(anchor) <= day < hotfix_at:
                self._declare_outage()
            fed += len(chunk)
            if fed >= _CONSOLIDATE_EVERY:
                self._consolidate()
                fed = 0
        self._consolidate()
        self._clock.advance(anchor, self._queue)
        self._look_back(anchor, seed)

    def _look_back(self, anchor: datetime, seed: int) -> None:
        """What the team does on the last day: the directory, questions, a letter."""
        context = self._application.context
        with self._application.open() as store:
            hand_over_directory(
                self._product, anchor=anchor, seed=seed, store=store, now=context.now()
            )
            self._answers.send(store)
            store.enqueue("suggest_faqs")
        self._queue.drain(self._clock.moment)
        with self._application.open() as store:
            fixed = self._issues(store, IssueState.SHIPPED, IssueState.VERIFIED)
            told = [
                (issue, topic.slug)
                for issue, topic in fixed
                if topic.slug in WORDS and issue.fixed_in == topic.fixed_in
            ]
            write_letter(told, self._lead.telling(store))
        self._queue.drain(self._clock.moment)

    def _begin_day(
        self,
        day: datetime,
        releases: dict[str, datetime],
        hotfix_at: datetime,
        *,
        is_by_hand: bool,
    ) -> None:
        self._clock.advance(day, self._queue)
        self._consolidate()
        if is_by_hand:
            self._file_by_hand()
        self._help_agents()
        self._answer_questions()
        self._pipeline.deliver_until(day)
        self._report(day)
        for version, moment in releases.items():
            self._work_towards(version, moment, day)
        if hotfix_at <= day < hotfix_at + timedelta(days=2):
            self._ship_hotfix(hotfix_at)
        self._poll()

    def _feed(self, chunk: Sequence[DemoContact]) -> None:
        self._clock.advance(chunk[-1].received.occurred_at, self._queue)
        with self._application.open() as store:
            for one in chunk:
                ingest(one.received, self._product, store=store, context=self._application.context)
        for one in chunk:
            self._answers.expect(one)
        self._queue.drain(self._clock.moment)

    def _answer_questions(self) -> None:
        """Agents answer; a question that was filed is no work for engineers."""
        with self._application.open() as store:
            self._answers.send(store)
            keys = [
                store.tickets.of_issue(issue.id)[-1].ref.key
                for issue, topic in self._issues(store, IssueState.FILED)
                if topic.kind == "question"
            ]
        for key in keys:
            self._engineering.decline(key)

    def _consolidate(self) -> None:
        with self._application.open() as store:
            store.enqueue("consolidate", product_id=self._product.id)
        self._queue.drain(self._clock.moment)

    def _poll(self) -> None:
        with self._application.open() as store:
            store.enqueue("poll_all")
        self._queue.drain(self._clock.moment)

    def _file_by_hand(self) -> None:
        with self._application.open() as store:
            store.products.configure(self._product.id, filing_auto=False)

    def _help_agents(self) -> None:
        """The lead looks after what was filed."""
        with self._application.open() as store:
            for issue, topic in self._issues(store, IssueState.FILED, IssueState.IN_PROGRESS):
                self._lead.help_agents(issue, topic, store)

    def _declare_outage(self) -> None:
        with self._application.open() as store:
            for issue, topic in self._issues(store, *_LIVING):
                if topic.kind == "outage":
                    self._lead.help_agents(issue, topic, store)
                    self._lead.declare(issue, store)
        self._queue.drain(self._clock.moment)

    def _report(self, day: datetime) -> None:
        """On Mondays the week before is told."""
        if day.weekday() == 0:
            year, week, _ = (day - timedelta(days=7)).isocalendar()
            with self._application.open() as store:
                store.enqueue(
                    "report",
                    product_id=self._product.id,
                    kind=ReportKind.WEEKLY.value,
                    name=f"{year}-W{week:02}",
                )

    def _work_towards(self, version: str, released_at: datetime, day: datetime) -> None:
        """Start a week before, finish two days before, release on the day."""
        until = released_at - day
        if not timedelta(days=-1) < until < timedelta(days=8):
            return
        with self._application.open() as store:
            open_states = (IssueState.FILED, IssueState.IN_PROGRESS)
            found = [
                (issue, store.tickets.of_issue(issue.id)[-1].ref.key)
                for issue, topic in self._issues(store, *open_states)
                if topic.fixed_in == version
            ]
        for issue, key in found:
            if issue.id not in self._story.started:
                self._story.started.add(issue.id)
                self._engineering.start(key)
            if until < timedelta(days=3) and (issue.id, version) not in self._story.finished:
                self._story.finished.add((issue.id, version))
                self._engineering.finish(key, version)
        if until <= timedelta(0):
            self._poll()
            self._engineering.release(version, released_at)

    def _ship_hotfix(self, at: datetime) -> None:
        """An outage is over at once: operations report it through the release hook."""
        with self._application.open() as store:
            keys = [
                store.tickets.of_issue(issue.id)[-1].ref.key
                for issue, topic in self._issues(store, IssueState.FILED)
                if topic.kind == "outage"
            ]
        for key in keys:
            self._engineering.finish(key, _HOTFIX)
        self._poll()
        with self._application.open() as store:
            found = tuple(
                issue.id
                for issue, topic in self._issues(store, IssueState.RESOLVED)
                if topic.kind == "outage"
            )
            if found:
                cause = Cause(Actor("token", "release pipeline"), self._clock.moment, origin="api")
                news = ReleaseNews(_HOTFIX, at, issue_ids=found)
                context = self._application.context
                ship(news, self._product, store=store, context=context, cause=cause)
        self._queue.drain(self._clock.moment)
        if found:
            self._engineering.release(_HOTFIX, at)

    def _issues(self, store: Store, *states: IssueState) -> Iterator[tuple[Issue, Topic]]:
        """Issues in these states with the topic that most of their contacts are about."""
        wanted = IssueFilter(states=states, limit=1_000)
        issues = [summary.issue for summary in store.issues.search(self._product.id, wanted)]
        members = store.contacts.external_ids([issue.id for issue in issues], SOURCE)
        for issue in issues:
            slugs = Counter(
                self._topic_of[one] for one in members[issue.id] if one in self._topic_of
            )
            if slugs:
                yield issue, _TOPICS[slugs.most_common(1)[0][0]]


def _chunks(contacts: Sequence[DemoContact]) -> Iterator[list[DemoContact]]:
    """A few contacts of one day at a time."""
    chunk: list[DemoContact] = []
    for one in contacts:
        is_new_day = chunk and (
            one.received.occurred_at.date() != chunk[0].received.occurred_at.date()
        )
        if is_new_day or len(chunk) >= _CHUNK:
            yield chunk
            chunk = []
        chunk.append(one)
    if chunk:
        yield chunk
