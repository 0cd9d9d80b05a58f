"""The real pipeline on a scratch database, with a simulated clock and the inline queue."""

import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bridge.domain.contacts import ContactReceived
from bridge.domain.errors import InvalidInput, NotConfigured
from bridge.domain.products import DEFAULT_PRODUCT, Product
from bridge.queue import InlineQueue
from bridge.replay.encoding import CleanOnce, EncoderAhead, texts_of
from bridge.replay.given import GivenIssues, read_assignments
from bridge.replay.measure import Meter
from bridge.replay.releases import Release, Shipping, by_number, directory_names, read_releases
from bridge.replay.report import Arrival, Record, write_report
from bridge.replay.reviewer import Reviewer
from bridge.settings import Settings
from bridge.steps.identify import DirectoryEntry
from bridge.steps.ingest import ingest
from bridge.steps.learn import learn_directory
from bridge.store import embedded
from bridge.wiring import Application, build, exported_encoder, for_replay
from bridge.wiring.clock import SimulatedClock
from bridge.wiring.directory import read_directory
from bridge.wiring.frugal import frugal
from bridge.wiring.jira import JiraGiven, connect_jira
from integrations.files.reading import read_rows
from integrations.files.shapes import from_replay
from integrations.jira.sandbox import SandboxServer
from models.encoders.loading import HASHING
from models.spoken import is_foreign

SOURCE = "replay"
_CONSOLIDATE_EVERY = 200
_REFRESH_SECONDS = 3650 * 86_400.0
"""Nobody reads the sandbox's tickets during a replay; their counts come from the database, so
a ticket is written when it is filed and not again."""
_SCRATCH = {
    # It may lose everything in a crash.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    # The same few statements run thousands of times on data that are always alike.
    "plan_cache_mode": "force_generic_plan",
}
"""Settings of a scratch database."""


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """What to replay and where to write."""

    contacts: Path
    out: Path
    directory: Path | None = None
    min_contacts: int = 5
    min_customers: int = 3
    review_command: str | None = None
    """Plays the support lead; see docs/replay.md."""
    review_budget: int = 0
    """So many questions it is asked at most."""
    releases: Path | None = None
    """What ships when."""
    assignments: Path | None = None
    """Names the issue of each contact, in place of the finder."""


def replay(
    options: ReplayOptions, settings: Settings, *, say: Callable[[str], None]
) -> dict[str, object]:
    """Run the contacts through and write the files of docs/replay.md; returns the summary."""
    received = read_contacts(options.contacts)
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bridge-replay-") as scratch:
        return _Replay(options, settings, Path(scratch), say).run(received)


def read_contacts(path: Path) -> list[ContactReceived]:
    """The contacts of a replay file, which must be in time order."""
    received = []
    for line in read_rows(path):
        if line.row is None:
            raise InvalidInput(f"{path.name} line {line.number}: {line.reason}")
        try:
            received.append(from_replay(line.row, source=SOURCE))
        except InvalidInput as error:
            raise InvalidInput(f"{path.name} line {line.number}: {error}") from error
        if len(received) > 1 and received[-1].occurred_at < received[-2].occurred_at:
            raise InvalidInput(f"{path.name} line {line.number}: contacts must be in time order")
    if not received:
        raise InvalidInput(f"{path.name} has no contacts")
    return received


class _Replay:
    """One replay in one scratch folder."""

    def __init__(
        self,
        options: ReplayOptions,
        settings: Settings,
        scratch: Path,
        say: Callable[[str], None],
    ) -> None:
        self._options = options
        self._scratch = scratch
        self._say = say
        self._releases = read_releases(options.releases) if options.releases else []
        self._given: GivenIssues | None = None
        if options.assignments is not None:
            self._given = GivenIssues(read_assignments(options.assignments))
            # Nobody asks for a vector's meaning then.
            settings = settings.model_copy(update={"encoder": HASHING, "model_dir": None})
        self._settings = settings.model_copy(
            update={
                "data_dir": scratch / "data",
                "database_url": None,
                "refresh_seconds": _REFRESH_SECONDS,
                "model_dir": exported_encoder(settings, say=say),
            }
        )

    def run(self, received: Sequence[ContactReceived]) -> dict[str, object]:
        """Feed everything, then report."""
        queue = InlineQueue()
        clock = SimulatedClock(received[0].occurred_at)
        with frugal(), Meter() as meter:
            embedded.start(self._settings.data_dir, options=_SCRATCH, say=self._say)
            application = build(self._settings, queue=queue, now=clock, say=self._say)
            reviewer = Reviewer(self._options.review_command, self._options.review_budget)
            application = self._ahead(application, received, waits_for_review=reviewer.has_time)
            if application.server is None:
                raise NotConfigured("a replay needs the embedded database")
            pid_file = application.server.data / "postmaster.pid"
            meter.also = (int(pid_file.read_text().split()[0]),)
            try:
                with SandboxServer(self._scratch / "jira.db", clock=clock) as sandbox:
                    product = self._prepare(application, sandbox)
                    shipping = self._shipping(application, product)
                    if self._given is not None:
                        self._given.take_over(application, queue)
                    feed = _Feed(application, queue, clock, product, reviewer, shipping)
                    with reviewer:
                        record = feed.run(received, self._releases)
                    clock.advance(clock.moment, queue)
                    meter.read()
                    return write_report(
                        record,
                        application=application,
                        product=product,
                        meter=meter,
                        questions_asked=reviewer.asked,
                        out=self._options.out,
                    )
            finally:
                application.close()
                embedded.discard(self._settings.data_dir)

    def _ahead(
        self,
        application: Application,
        received: Sequence[ContactReceived],
        *,
        waits_for_review: Callable[[], bool],
    ) -> Application:
        """The application with texts cleaned and encoded before they come in."""
        with application.open() as store:
            region = store.products.by_slug(DEFAULT_PRODUCT).region
        most, cleaner = self._settings.max_text_bytes, CleanOnce()
        if self._given is not None:
            return for_replay(application)
        texts = texts_of(received, cleaner, region=region, max_bytes=most)
        if application.context.foreign is not None:
            texts = [text for text in texts if not is_foreign(text)]
        encoder = EncoderAhead(application.context.encoder(), texts)
        return for_replay(application, encoder, cleaner=cleaner, waits_for_review=waits_for_review)

    def _prepare(self, application: Application, sandbox: SandboxServer) -> Product:
        with application.open() as store:
            product = store.products.configure(
                store.products.by_slug(DEFAULT_PRODUCT).id,
                filing_auto=True,
                min_contacts=self._options.min_contacts,
                min_customers=self._options.min_customers,
            )
        steps = connect_jira(
            JiraGiven.to_sandbox(sandbox.describe()),
            product,
            context=application.context,
        )
        failed = [step for step in steps if not step.ok]
        if failed:
            raise NotConfigured(f"the sandbox does not answer as it should: {failed[0]}")
        if self._options.directory is not None:
            people = read_directory(self._options.directory, source=SOURCE, region=product.region)
            self._learn(list(people), product, application)
        return product

    def _shipping(self, application: Application, product: Product) -> Shipping:
        path, given = self._options.directory, self._given
        names = (
            directory_names(path, source=SOURCE, region=product.region)
            if path is not None and self._releases
            else {}
        )
        return Shipping(application, product, given.issues.get if given else by_number, names)

    def _learn(
        self, people: list[DirectoryEntry], product: Product, application: Application
    ) -> None:
        with application.open() as store:
            learn_directory([entry for entry in people if entry.identities], product, store=store)


@dataclass(slots=True)
class _Feed:
    """Sends each contact at its own time; consolidates by day and after every 200 contacts."""

    application: Application
    queue: InlineQueue
    clock: SimulatedClock
    product: Product
    reviewer: Reviewer
    shipping: Shipping
    record: Record = field(default_factory=Record)
    _begin: datetime = field(init=False)
    _length: timedelta = field(init=False)

    def run(self, received: Sequence[ContactReceived], releases: Sequence[Release]) -> Record:
        """Feed everything, with a last consolidation at the end."""
        self.record.told = self.shipping.told
        self.record.not_shipped = self.shipping.not_shipped
        waiting = deque(releases)
        self._begin = received[0].occurred_at
        self._length = received[-1].occurred_at - self._begin
        day, since_last = self._begin.date(), 0
        for contact in received:
            while waiting and waiting[0].at < contact.occurred_at:
                self._ship(waiting.popleft())
            self.clock.advance(contact.occurred_at, self.queue)
            if contact.occurred_at.date() != day or since_last >= _CONSOLIDATE_EVERY:
                self._consolidate()
                day, since_last = contact.occurred_at.date(), 0
            since_last += 1
            with self.application.open() as store:
                known = ingest(contact, self.product, store=store, context=self.application.context)
            self._drain()
            self.record.arrivals.append(Arrival(contact.external_id, known.contact_id))
        self._consolidate()
        for release in waiting:
            self._ship(release)
        return self.record

    def _ship(self, release: Release) -> None:
        self.clock.advance(release.at, self.queue)
        shipped = self.shipping.ship(release)
        self._drain()
        self.shipping.note_told(release, shipped)

    def _drain(self) -> None:
        self.queue.drain(self.clock.moment)

    def _consolidate(self) -> None:
        passed = self.clock.moment - self._begin
        self.reviewer.allow(passed / self._length if self._length else 1.0)
        with self.application.open() as store:
            before = store.issues.homes(self.product.id)
            store.enqueue("consolidate", product_id=self.product.id)
        self._drain()
        with self.application.open() as store:
            after = store.issues.homes(self.product.id)
        if before:
            moved = sum(after.get(contact) != issue for contact, issue in before.items())
            self.record.moved_shares.append(moved / len(before))
        if self.reviewer.has_time():
            self._review()

    def _review(self) -> None:
        now = self.clock.moment
        self.reviewer.answer_all(
            self.application,
            self.product,
            day=(now - self._begin).days,
            names={one.contact_id: one.external_id for one in self.record.arrivals},
            drain=self._drain,
        )
        # What the reviewer has no time for today does not wait for tomorrow.
        with self.application.open() as store:
            for one in store.suggestions.open(self.product.id):
                store.enqueue("promote", product_id=self.product.id, issue_id=one.issue_id)
        self._drain()
