"""Name the ticket: a person says that it exists, and which one it is."""

from bridge.domain.errors import InvalidInput, InvalidMove, Refused
from bridge.domain.issues import Issue
from bridge.domain.people import MACHINE
from bridge.domain.tickets import Filing, FilingState, TicketRef
from bridge.ports import Tracker
from bridge.steps.context import Context
from bridge.steps.linking import link_ticket
from bridge.steps.moves import Cause
from bridge.store import Store

_OPEN = (FilingState.PARKED, FilingState.UNCERTAIN)
_MOST_CHARACTERS = 255


def name_ticket(issue: Issue, name: str, *, store: Store, cause: Cause) -> Issue:
    """Want the filing of an issue linked to the ticket of that key; the job checks that it exists.

    Only while nobody is sure whether the request made a ticket.
    """
    key = name.strip().rstrip("/").rpartition("/")[2]
    if not key or len(key) > _MOST_CHARACTERS or not key.isprintable() or " " in key:
        raise InvalidInput("name the ticket by its key, such as FB-12", pointer="/ticket")
    filings = [one for one in store.filings.of_issue(issue.id) if one.episode == issue.episode]
    if not filings or filings[-1].state not in _OPEN:
        raise InvalidMove(f"{issue.name} does not wait for anybody to name its ticket")
    filing = filings[-1]
    store.filings.explain(filing.id, f"somebody says it is {key}: checking that with the tracker")
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
    store.enqueue("adopt", filing_id=filing.id, name=key)
    return issue


def adopt_ticket(context: Context, *, filing_id: int, name: str) -> None:
    """Read the ticket that a person named, mark it as ours and link it; else say why not."""
    with context.open() as store:
        filing = store.filings.find(filing_id)
        if filing is None or filing.state not in _OPEN:
            return
        connection = store.connections.get(filing.connection_id)
    context.require_usable(connection)
    try:
        ref = _marked(filing, name, context.tracker(connection))
    except Refused as error:
        with context.open() as store:
            store.filings.explain(filing.id, f"{name} cannot be linked: {error}")
        return
    with context.open() as store:
        cause = Cause(MACHINE, context.now(), f"ticket {ref.key}", "job:adopt")
        link_ticket(filing, ref, store=store, cause=cause)


def _marked(filing: Filing, name: str, tracker: Tracker) -> TicketRef:
    """The ticket of that name, with our mark on it."""
    for sighting in tracker.sight([name]):
        # A ticket of another issue keeps its mark: it may stand for both.
        if sighting.is_copy or sighting.fingerprint in (None, filing.fingerprint):
            tracker.adopt(sighting.ref, filing.fingerprint)
        return sighting.ref
    raise Refused("the tracker has no such ticket that we may see")
