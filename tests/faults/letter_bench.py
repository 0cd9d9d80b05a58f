"""A letter to customers, killed anywhere: approved, sent, planned, carried by a mail server."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bridge.wiring import Application
from tests.faults.bench import an_application
from tests.faults.floor import Floor, Handle
from tests.faults.lead import PRESSES
from tests.faults.moments import LETTER
from tests.faults.receivers import MailReceiver
from tests.faults.rest import Rest
from tests.faults.scenario import Verdict
from tests.groups_bench import Groups
from tests.letters_bench import LettersBench

CUSTOMERS = [
    *(f"export{number}@customer.example" for number in range(39)),
    "shared@customer.example",
]
"""Who is affected by the fix that the letter tells of."""
_COUNTS = """
    SELECT (SELECT count(*) FROM outgoing WHERE addressee_id IS NOT NULL),
        (SELECT count(DISTINCT addressee_id) FROM outgoing),
        (SELECT count(*) FROM addressee WHERE state = 'sending'),
        (SELECT count(*) FROM addressee_fix),
        (SELECT count(*) FROM outgoing WHERE addressee_id IS NOT NULL AND state <> 'sent')
"""


@dataclass(frozen=True)
class LetterScenario:
    """How a letter goes out."""

    name: str
    receiver: Callable[[], MailReceiver]
    """Made anew for each run."""
    sample: int = 0
    """To so many first; 0: to all at once."""


class CustomerMail(MailReceiver):
    """The mail server of the customers."""

    wanted = CUSTOMERS


def about_to_write(groups: Groups, folder: Path) -> None:
    """One shipped issue of forty customers, and a letter that a lead has read."""
    bench = LettersBench(groups.pipeline)
    issue = bench.issue("export", len(CUSTOMERS))
    bench.ship(issue)
    letter = bench.draft(issue)
    assert [one.email for one in bench.readers(letter)] == CUSTOMERS


def run_letter(scenario: LetterScenario, floor: Floor, *, kill_at: int | None = None) -> Verdict:
    """Approve and send the letter while a process dies at that moment, and count what came."""
    began, verdict = time.monotonic(), Verdict()
    receiver = scenario.receiver()
    with floor.database(about_to_write) as settings, ExitStack() as stack:
        application = stack.enter_context(an_application(settings))
        more = {"BRIDGE_NOTIFY_LEASE_SECONDS": "2"}
        more.update(stack.enter_context(receiver.open(application)))
        with application.open() as store:
            (product,) = store.products.all()
            (letter,) = store.letters.all(product.id)
            sample = scenario.sample
            store.enqueue(PRESSES, product_id=product.id, letter_id=letter.id, sample=sample)
        workers: list[Handle] = []

        def worker(log: Path, kill_at: int | None) -> Handle:
            workers.append(floor.worker(settings, log, more, path=LETTER, kill_at=kill_at))
            return workers[-1]

        try:
            _work(verdict, worker, settings.data_dir, kill_at, application)
            _judge(verdict, receiver, application)
        finally:
            for one in workers:
                floor.workshop.end(one)
    verdict.seconds = time.monotonic() - began
    return verdict


def _work(
    verdict: Verdict,
    start: Callable[[Path, int | None], Handle],
    folder: Path,
    kill_at: int | None,
    application: Application,
) -> None:
    """One worker, another one when it died, until nothing waits."""
    log = folder / "moments"
    worker = start(log, kill_at)
    rest = Rest(application.conninfo, LETTER)
    while not (rest.has_come() or verdict.trouble):
        if worker.code is not None and worker.code != -9:
            verdict.trouble = f"the worker ended with {worker.code}"
        elif worker.code is not None:
            verdict.was_killed = True
            worker = start(folder / "after", None)
        verdict.trouble = verdict.trouble or rest.trouble()
        time.sleep(0.2)
    verdict.moments = log.read_text().splitlines()


def _judge(verdict: Verdict, receiver: MailReceiver, application: Application) -> None:
    """Each customer has one message about the fix, however often the mail came."""
    with psycopg.connect(application.conninfo) as connection:
        row = connection.execute(_COUNTS).fetchone()
    assert row is not None
    messages, readers, handed_over, told, unsent = map(int, row)
    seen = receiver.seen()
    verdict.lost = len({*CUSTOMERS} - seen.keys()) + len(CUSTOMERS) - readers
    verdict.duplicates = messages - readers + len(seen.keys() - {*CUSTOMERS})
    verdict.duplicates += sum(len(ids) - 1 for ids in seen.values())
    verdict.creates = receiver.came()
    found = (handed_over, told, unsent)
    if found != (len(CUSTOMERS), len(CUSTOMERS), 0) and not verdict.trouble:
        verdict.trouble = f"handed over, told and unsent are {found}"
    with application.open() as store:
        broken = store.invariants.violations(now=application.context.now())
    if broken and not verdict.trouble:
        verdict.trouble = f"broken promise: {broken[0]}"
