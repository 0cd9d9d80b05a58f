"""Name the ticket: a person says that it exists, and which one it is."""

from datetime import datetime, timedelta

from bridge.domain.errors import InvalidInput, InvalidMove, Refused
from bridge.domain.issues import Issue, Outcome
from bridge.domain.people import MACHINE
from bridge.domain.tickets import Filing, FilingState
from bridge.steps.adopting import link_existing, mark_existing
from bridge.steps.context import Context
from bridge.steps.linking import file_now
from bridge.steps.moves import Cause, require_living
from bridge.store import Store

_OPEN = (FilingState.PARKED, FilingState.UNCERTAIN, FilingState.PLANNED, FilingState.REFUSED)
_MOST_CHARACTERS = 255
_WAIT = timedelta(hours=1)
"""While the tracker cannot be asked, nothing else is filed for so long."""


def name_ticket(
    issue: Issue, name: str, *, store: Store, cause: Cause, wait: timedelta = _WAIT
) -> Issue:
    """Want the filing of an issue linked to the ticket of that key; the job checks that it exists.

    As long as no ticket is linked, or people closed the one there is as a duplicate of another.
    wait: nothing is sent meanwhile.
    """
    require_living(issue, store=store)
    key = name.strip().rstrip("/").rpartition("/")[2]
    if not key or len(key) > _MOST_CHARACTERS or not key.isprintable() or " " in key:
        raise InvalidInput("name the ticket by its key, such as FB-12", pointer="/ticket")
    filing = store.filings.of_episode(issue)
    if filing is None or not may_name(filing, store):
        raise InvalidMove(f"{issue.name} does not wait for anybody to name its ticket")
    adopt_soon(filing, key, called=key, store=store, until=cause.at + wait)
    store.decisions.record(
        issue.product_id,
        "ticket_named",
        at=cause.at,
        actor=cause.actor,
        issue_id=issue.id,
        after={"filing": filing.id, "ticket": key, "told": key},
        reason=cause.reason,
        origin=cause.origin,
    )
    return issue


def may_name(filing: Filing, store: Store) -> bool:
    """Whether a person may say which ticket is the one of this filing."""
    if filing.state is FilingState.UNLINKED:
        return filing.left_ticket_id is None
    if filing.state is FilingState.LINKED and filing.ticket_id is not None:
        return store.tickets.get(filing.ticket_id).outcome is Outcome.DUPLICATE
    return filing.state in _OPEN


def adopt_soon(filing: Filing, name: str, *, called: str, store: Store, until: datetime) -> None:
    """Queue the linking of a ticket by its id or key; until then no other one is filed."""
    reason = f"somebody says it is {called}: checking that with the tracker"
    if filing.state is FilingState.UNLINKED:
        store.filings.plan_again(filing.id, after=FilingState.UNLINKED)
    store.filings.hold(filing.id, until=until, reason=reason)
    store.filings.explain(filing.id, reason)
    store.enqueue("file", once=f"file:{filing.id}", at=until, filing_id=filing.id)
    store.enqueue("adopt", filing_id=filing.id, name=name, called=called)


def adopt_ticket(context: Context, *, filing_id: int, name: str, called: str = "") -> None:
    """Read the ticket that a person named, mark it as ours and link it; else say why not."""
    with context.open() as store:
        filing = store.filings.find(filing_id)
        if filing is None or filing.state is FilingState.UNLINKED:
            return
        connection = store.connections.get(filing.connection_id)
    context.require_usable(connection)
    try:
        ref = mark_existing(filing, name, context.tracker(connection))
    except Refused as error:
        with context.open() as store:
            reason = f"{called or name} cannot be linked: {error}"
            store.filings.explain(filing.id, reason)
            if filing.state is FilingState.PLANNED:
                # Whoever chose it wants a ticket: without that one there is none yet.
                store.filings.hold(filing.id, until=None, reason=reason)
                file_now(filing, store=store)
        return
    with context.open() as store:
        cause = Cause(MACHINE, context.now(), f"ticket {ref.key}", "job:adopt")
        link_existing(filing, ref, store=store, cause=cause)
