"""Sweep: two tickets of one filing become one again, and a ticket nobody knew of is linked.

A create can come through later than anybody waits for it. The older ticket stays, links and counts
move to it, and the younger one is linked as its duplicate and closed. Each step may be repeated:
the store says what is known, the tracker what is done. docs/filing.md tells the rules.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from bridge.domain.errors import AnswerLost, Refused, TryAgainLater
from bridge.domain.issues import Issue, Outcome
from bridge.domain.people import MACHINE
from bridge.domain.tickets import (
    Filing,
    FilingState,
    Sighting,
    StatusCategory,
)
from bridge.ports import Tracker
from bridge.steps.context import Context
from bridge.steps.folding import JOIN_ONLY, part_soon
from bridge.steps.linking import follow_link, link_ticket, write_soon
from bridge.steps.moves import Cause
from bridge.store import Store
from bridge.store.connections import Connection
from bridge.store.tickets import Ticket

_ORIGIN = "job:sweep"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Pair:
    """A ticket that was made twice, and the one that stays."""

    duplicate: Ticket
    original: Ticket
    issue: Issue
    is_done: bool
    """The duplicate is closed already."""
    words: str | None
    """What people decided, for its comment; None when we made it twice, and may close it."""


def sweep_all(context: Context) -> None:
    """Queue a sweep of every connection; each waits on its own."""
    with context.open() as store:
        for connection in store.connections.trackers():
            store.enqueue("sweep", once=f"sweep:{connection.id}", connection_id=connection.id)


def sweep(
    context: Context,
    *,
    connection_id: int,
    fingerprint: str | None = None,
    remote_id: str | None = None,
) -> None:
    """Link and mend what carries our marks: all of it, one filing's tickets, or one ticket."""
    with context.open() as store:
        connection = store.connections.get(connection_id)
        strays = store.twins.strays(connection_id)
    context.require_usable(connection)
    tracker = context.tracker(connection)
    names = [remote_id] if remote_id else tracker.labelled(fingerprint)
    seen = _sightings([*names, *strays], connection, tracker, context)
    _forget(strays, seen, connection, context)
    groups: Mapping[str, list[Sighting]] = defaultdict(list)
    for one in seen.values():
        if one.fingerprint is not None:
            groups[one.fingerprint].append(one)
    for mark, group in groups.items():
        for pair in _settle(mark, group, seen, connection=connection, context=context):
            _tell(pair, tracker, context)


def _sightings(
    names: Sequence[str], connection: Connection, tracker: Tracker, context: Context
) -> dict[str, Sighting]:
    """These tickets, and those that the filings of their marks point to, oldest first."""
    with context.open() as store:
        known = store.twins.settled(connection.id, names)
    seen = {one.ref.remote_id: one for one in tracker.sight([n for n in names if n not in known])}
    marks = [one.fingerprint for one in seen.values() if one.fingerprint is not None]
    with context.open() as store:
        linked = store.twins.linked_to(connection.id, marks)
    missing = [one for one in linked if one not in seen]
    if not missing:
        return seen
    # Read once more together, so that the order is the tracker's own.
    return {one.ref.remote_id: one for one in tracker.sight([*seen, *missing])}


def _forget(
    strays: Sequence[str], seen: Mapping[str, Sighting], connection: Connection, context: Context
) -> None:
    gone = [one for one in strays if one not in seen]
    if not gone:
        return
    with context.open() as store:
        for remote_id in gone:
            ticket = store.tickets.by_remote_id(connection.id, remote_id)
            if ticket is not None:
                store.tickets.mark_deleted(ticket.id)


def _settle(
    mark: str,
    group: Sequence[Sighting],
    seen: Mapping[str, Sighting],
    *,
    connection: Connection,
    context: Context,
) -> list[_Pair]:
    """Bring the store in order for one fingerprint; returns what the tracker must be told."""
    for one in group:
        if one.is_copy:
            log.info("a person's copy of our ticket is left alone", ticket=one.ref.key)
    originals = [one for one in group if not one.is_copy]
    if not originals:
        return []
    with context.open() as store:
        filing = store.filings.by_fingerprint(connection.id, mark)
        if filing is None:
            keys = [one.ref.key for one in originals]
            log.warning("tickets carry a mark of ours that no filing has", tickets=keys)
            return []
        # Sweeps and links of one issue come one after the other.
        product_id = store.filings.product_of(filing.id)
        store.issues.standing_for(product_id, filing.issue_id, lock=True)
        filing = store.filings.get(filing.id)
        if filing.state is FilingState.UNLINKED:
            # A person said that it is not the ticket of this issue; its marks come off.
            return []
        kept = _kept(filing, originals, seen, store)
        others = [one for one in originals if one.ref != kept.ref]
        _link(filing, kept, store, context)
        if not others:
            return []
        return _pair_up(filing, kept, others, store=store, context=context)


def _kept(
    filing: Filing, originals: Sequence[Sighting], seen: Mapping[str, Sighting], store: Store
) -> Sighting:
    """The ticket that stays: the oldest one that nobody has closed as a duplicate.

    A ticket without this mark that the filing points to is a person's choice and stays.
    """
    if filing.ticket_id is not None:
        linked = seen.get(store.tickets.get(filing.ticket_id).ref.remote_id)
        if linked is not None and linked not in originals:
            return linked
    names = [one.ref.remote_id for one in originals]
    known = store.twins.known(filing.connection_id, names)
    fit = [
        one
        for one in originals
        if one.status.outcome is not Outcome.DUPLICATE and one.ref.remote_id not in known
    ]
    return (fit or originals)[0]


def _link(filing: Filing, kept: Sighting, store: Store, context: Context) -> None:
    """Point the filing at the ticket that stays, and all others of a younger one with it."""
    cause = Cause(MACHINE, context.now(), f"ticket {kept.ref.key}", _ORIGIN)
    if filing.state is not FilingState.LINKED or filing.ticket_id is None:
        link_ticket(filing, kept.ref, store=store, cause=cause)
        return
    product_id = store.filings.product_of(filing.id)
    ticket = store.tickets.save(product_id, filing.connection_id, kept.ref, now=cause.at)
    if ticket.id != filing.ticket_id:
        store.twins.repoint(filing.ticket_id, to=ticket.id)
        store.twins.acquit(ticket.id)
        follow_link(filing, ticket, store=store, cause=cause)
    elif not kept.is_claimed and kept.fingerprint == filing.fingerprint:
        # Only a refresh may write the mark: another writer would put back what it has changed.
        store.tickets.forget_write(ticket.id)
        write_soon(ticket, store=store)


def _pair_up(
    filing: Filing,
    kept: Sighting,
    others: Sequence[Sighting],
    *,
    store: Store,
    context: Context,
) -> list[_Pair]:
    now = context.now()
    product_id = store.filings.product_of(filing.id)
    issue = store.issues.standing_for(product_id, filing.issue_id)
    original = store.tickets.save(product_id, filing.connection_id, kept.ref, now=now)
    pairs = []
    for other in others:
        duplicate = store.tickets.save(product_id, filing.connection_id, other.ref, now=now)
        if store.twins.mark(duplicate.id, of=original.id):
            store.decisions.record(
                product_id,
                "duplicate_ticket",
                at=now,
                actor=MACHINE,
                issue_id=issue.id,
                before={"ticket": other.ref.key},
                after={"ticket": kept.ref.key, "told": f"{other.ref.key} → {kept.ref.key}"},
                reason=f"{other.ref.key} came late: {kept.ref.key} is the older ticket",
                origin=_ORIGIN,
            )
        is_done = other.status.category is StatusCategory.DONE
        words = store.twins.words_of(duplicate.id)
        pairs.append(_Pair(duplicate, original, issue, is_done, words))
    return pairs


def _tell(pair: _Pair, tracker: Tracker, context: Context) -> None:
    """Show in the tracker what is a duplicate of what, and close it if that is configured."""
    duplicate, original = pair.duplicate.ref, pair.original.ref
    text = pair.words
    if text is None:
        text = _made_twice(pair)
    try:
        tracker.join(duplicate, original)
        if text != JOIN_ONLY:
            tracker.note(duplicate, key=f"duplicate-of-{original.remote_id}", text=text)
        if pair.words is None and not pair.is_done:
            tracker.close_duplicate(duplicate)
    except AnswerLost as error:
        raise TryAgainLater(f"{error}: reading {duplicate.key} again will tell") from error
    except Refused as error:
        # The next sweep tries again; until then `bridge doctor` names the pair.
        log.warning("a duplicate could not be closed", ticket=duplicate.key, reason=str(error))
        return
    with context.open() as store:
        now = context.now()
        if not store.twins.note_told(pair.duplicate.id, of=pair.original.id, now=now):
            # A person took it back while we told the tracker.
            part_soon(pair.duplicate.id, pair.original.id, store=store)


def _made_twice(pair: _Pair) -> str:
    duplicate, original = pair.duplicate.ref, pair.original.ref
    return (
        f"The bridge asked for the ticket of {pair.issue.name} once more before it knew of "
        f"{original.key}. {original.key} is the older one and is kept up to date; "
        f"{duplicate.key} is its duplicate."
    )
