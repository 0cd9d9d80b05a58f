"""The engine, and open_store(): one block, one transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg
from sqlalchemy import Engine, create_engine
from sqlalchemy import exc as sql_errors
from sqlalchemy.orm import Session

from bridge.domain.errors import TryAgainLater
from bridge.queue import JobArgument, Queue
from bridge.store.accounts import Accounts
from bridge.store.addressees import Addressees
from bridge.store.affected import AffectedCustomers
from bridge.store.after_fix import AfterFix
from bridge.store.answers import Answers
from bridge.store.askers import Askers
from bridge.store.attempts import Attempts
from bridge.store.bounces import Bounces
from bridge.store.centroids import Centroids
from bridge.store.connections import Connections
from bridge.store.constraints import Constraints
from bridge.store.contacts import Contacts
from bridge.store.copies import Copies
from bridge.store.customer_facts import CustomerFacts
from bridge.store.customers import Customers
from bridge.store.decisions import Decisions
from bridge.store.deliveries import Deliveries
from bridge.store.directory import Directory
from bridge.store.evidence import Evidence
from bridge.store.examples import Examples
from bridge.store.existing import ExistingTickets
from bridge.store.faqs import Faqs
from bridge.store.filings import Filings
from bridge.store.fixes import Fixes
from bridge.store.foreign import Foreign
from bridge.store.imports import Imports
from bridge.store.installation import Installation
from bridge.store.invariants import Invariants
from bridge.store.issues import Issues
from bridge.store.jobs import Jobs
from bridge.store.journeys import JourneyReads
from bridge.store.known import KnownIssues
from bridge.store.known_versions import KnownVersions
from bridge.store.lessons import Lessons
from bridge.store.letter_messages import LetterMessages
from bridge.store.letter_readers import LetterReaders
from bridge.store.letters import Letters
from bridge.store.likely import LikelyReads
from bridge.store.meant import Meant
from bridge.store.measures import Measures
from bridge.store.members import Members
from bridge.store.messages import Messages
from bridge.store.moved import Moved
from bridge.store.notices import Notices
from bridge.store.opt_outs import OptOuts
from bridge.store.outages import Outages
from bridge.store.paces import Paces
from bridge.store.parts import Parts
from bridge.store.people import People
from bridge.store.placements import Placements
from bridge.store.placing import Placing
from bridge.store.products import Products
from bridge.store.ratings import Ratings
from bridge.store.reach import Reached
from bridge.store.reopenings import Reopenings
from bridge.store.replies import Replies
from bridge.store.report_numbers import ReportNumbers
from bridge.store.reports import Reports
from bridge.store.rollouts import Rollouts
from bridge.store.suggestions import Suggestions
from bridge.store.surges import Surges
from bridge.store.tasks import Tasks
from bridge.store.templates import Templates
from bridge.store.ticket_questions import TicketQuestions
from bridge.store.tickets import Tickets
from bridge.store.trips import driver_connection
from bridge.store.twins import Twins
from bridge.store.vectors import Vectors
from bridge.store.waiting import Waiting
from bridge.store.workaround_uses import WorkaroundUses
from bridge.store.workarounds import Workarounds

_OPTIONS = (
    "timezone=UTC",
    "lock_timeout=15s",
    "statement_timeout=60s",
    # Who stops inside a block holds its locks for so long; no look at all contacts takes longer.
    "idle_in_transaction_session_timeout=900s",
)


def make_engine(url: str, *, pool_size: int = 10, is_scratch: bool = False) -> Engine:
    """An engine that never prints customer text and gives up on locks after a few seconds.

    A scratch database is never restarted under us, so its connections need no ping before use.
    """
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=not is_scratch,
        pool_size=pool_size,
        max_overflow=pool_size,
        connect_args={"options": " ".join(f"-c {option}" for option in _OPTIONS)},
    )


class Store:
    """Everything readable and writable inside one transaction."""

    def __init__(self, session: Session, queue: Queue) -> None:
        self._session = session
        self._queue = queue
        self._after_commit: list[Callable[[], None]] = []
        self.products = Products(session)
        self.people = People(session)
        self.members = Members(session)
        self.installation = Installation(session)
        self.connections = Connections(session)
        self.deliveries = Deliveries(session)
        self.paces = Paces(session)
        self.customers = Customers(session)
        self.customer_facts = CustomerFacts(session)
        self.accounts = Accounts(session)
        self.askers = Askers(session)
        self.directory = Directory(session)
        self.contacts = Contacts(session)
        self.ratings = Ratings(session)
        self.journeys = JourneyReads(session)
        self.reports = Reports(session)
        self.known = KnownIssues(session)
        self.report_numbers = ReportNumbers(session)
        self.vectors = Vectors(session)
        self.foreign = Foreign(session)
        self.centroids = Centroids(session)
        self.evidence = Evidence(session)
        self.surges = Surges(session)
        self.examples = Examples(session)
        self.parts = Parts(session)
        self.templates = Templates(session)
        self.waiting = Waiting(session)
        self.placing = Placing(session)
        self.issues = Issues(session)
        self.placements = Placements(session)
        self.constraints = Constraints(session)
        self.suggestions = Suggestions(session)
        self.ticket_questions = TicketQuestions(session)
        self.lessons = Lessons(session)
        self.decisions = Decisions(session)
        self.filings = Filings(session)
        self.attempts = Attempts(session)
        self.tickets = Tickets(session)
        self.twins = Twins(session)
        self.moved = Moved(session)
        self.existing = ExistingTickets(session)
        self.fixes = Fixes(session)
        self.meant = Meant(session)
        self.rollouts = Rollouts(session)
        self.workarounds = Workarounds(session)
        self.copies = Copies(session)
        self.tasks = Tasks(session)
        self.workaround_uses = WorkaroundUses(session)
        self.after_fix = AfterFix(session)
        self.known_versions = KnownVersions(session)
        self.likely = LikelyReads(session)
        self.reached = Reached(session)
        self.reopenings = Reopenings(session)
        self.replies = Replies(session)
        self.faqs = Faqs(session)
        self.notices = Notices(session)
        self.messages = Messages(session)
        self.outages = Outages(session)
        self.letters = Letters(session)
        self.letter_messages = LetterMessages(session)
        self.letter_readers = LetterReaders(session)
        self.addressees = Addressees(session)
        self.affected = AffectedCustomers(session)
        self.opt_outs = OptOuts(session)
        self.bounces = Bounces(session)
        self.answers = Answers(session)
        self.imports = Imports(session)
        self.jobs = Jobs(session)
        self.invariants = Invariants(session)
        self.measures = Measures(session)

    @property
    def driver_connection(self) -> psycopg.Connection[tuple[object, ...]]:
        """The psycopg connection under the session, for the queue."""
        return driver_connection(self._session)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A nested transaction that can fail alone."""
        with self._session.begin_nested():
            # The session sends SAVEPOINT only once it is used, which the queue goes around.
            self._session.connection()
            yield

    def on_commit(self, do: Callable[[], None]) -> None:
        """Run `do` once this block has committed."""
        self._after_commit.append(do)

    def enqueue(
        self,
        job: str,
        *,
        once: str | None = None,
        at: datetime | None = None,
        **args: JobArgument,
    ) -> None:
        """Store a job that becomes visible with this block's commit."""
        self._queue.enqueue(self, job, once=once, at=at, **args)

    def commit(self) -> None:
        """Commit and run what waits for it; only open_store calls this."""
        self._session.commit()
        waiting, self._after_commit = self._after_commit, []
        for do in waiting:
            do()


@contextmanager
def open_store(engine: Engine, queue: Queue) -> Iterator[Store]:
    """Open a transaction, commit at the end of the block, roll back on any exception.

    Raises TryAgainLater when the database is away, restarting, full or out of connections.
    """
    with database_errors(), Session(engine, expire_on_commit=False) as session:
        store = Store(session, queue)
        yield store
        store.commit()


_AWAY = (
    sql_errors.OperationalError,
    sql_errors.InterfaceError,
    # Statements that go straight to the driver.
    psycopg.OperationalError,
    psycopg.InterfaceError,
)


@contextmanager
def database_errors() -> Iterator[None]:
    """Map the database being unavailable, and only that, to TryAgainLater."""
    try:
        yield
    except _AWAY as error:
        raise TryAgainLater("the database is not available right now") from error
    except sql_errors.TimeoutError as error:
        raise TryAgainLater("every connection to the database is in use") from error
