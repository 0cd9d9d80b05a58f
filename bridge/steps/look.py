"""Look before filing: is there a ticket already that is about this issue?

What is certain is linked, what is likely is asked, and the answer is remembered. A look that
cannot be done holds a filing up for minutes, never for ever. docs/filing.md tells the rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import structlog

from bridge.domain.errors import Refused, TryAgainLater
from bridge.domain.grouping import SuggestionKind
from bridge.domain.issues import Issue, IssueId
from bridge.domain.people import MACHINE
from bridge.domain.tickets import ExistingTicket, Filing
from bridge.ports import Tracker
from bridge.steps.asking import ticket_key
from bridge.steps.context import Context, rows_of
from bridge.steps.drafts import pick_quotes
from bridge.steps.existing import is_fresh, read_changed, read_soon
from bridge.steps.name_ticket import adopt_soon
from bridge.store import Store
from bridge.store.connections import Connection
from models.tickets import (
    WORTH_SHOWING,
    Described,
    Near,
    closest,
    joined,
    nearest_by_meaning,
    says_the_same,
)

MOST_SHOWN = 3
_MOST_READ = 10
"""So many of the closest are read again before any is shown."""
_ORIGIN = "job:file"
_FRESH = timedelta(seconds=60)
"""Many filings at once share one reading."""
_PAGES = 3
"""More of them are read by a job of their own, so that others can be filed meanwhile."""
_MOST_MEMBERS = 200

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Match:
    """An existing ticket that may be about an issue, and why we think so."""

    ticket: ExistingTicket
    near: Near

    @property
    def why(self) -> str:
        """In words for the person who decides."""
        shared = ", ".join(self.near.shared)
        words = f"both speak of: {shared}" if shared else "they share no rare word"
        return f"{words}; similarity {self.near.similarity:.2f}"


class _NotYet(TryAgainLater):
    """Nothing is wrong with the tracker, but we cannot look yet."""

    is_everywhere = False


def may_send(filing: Filing, connection: Connection, *, tracker: Tracker, context: Context) -> bool:
    """Look, once for each filing; False while its ticket must not be sent.

    Raises TryAgainLater while the tracker is away: then nothing could be filed either.
    """
    if filing.looked_at is not None or not context.settings.filing_looks:
        return True
    try:
        _read(connection, tracker, context)
        matches = _matches(filing, connection, tracker, context)
    except Refused as error:
        # Raises when the whole project is out of sight: nothing could be filed there either.
        tracker.versions()
        return _go_on(filing, f"the tracker does not let us look: {error}", context)
    except TryAgainLater as error:
        if not _is_over(filing, context):
            raise
        if error.is_everywhere:
            # A tracker that is away holds the ticket up as well, so nothing is lost by waiting
            # on; this raises unless the search alone is broken.
            tracker.versions()
        return _go_on(filing, str(error), context)
    return _decide(filing, matches, context)


def _read(connection: Connection, tracker: Tracker, context: Context) -> None:
    """Know what changed in the tracker; raises _NotYet while there is too much of it."""
    try:
        context.encoder()
    except TryAgainLater as error:
        raise _NotYet(str(error)) from error
    # Of many filings one reads, and the others find it fresh.
    with context.reading:
        if is_fresh(connection, context, within=_FRESH):
            return
        is_whole = read_changed(connection, tracker, context, most_pages=_PAGES)
    if not is_whole:
        read_soon(connection, context)
        raise _NotYet("existing tickets are being read for the first time")


def _is_over(filing: Filing, context: Context) -> bool:
    patience = timedelta(seconds=context.settings.filing_look_seconds)
    return context.now() - filing.created_at >= patience


def _go_on(filing: Filing, reason: str, context: Context) -> bool:
    """File without a look, and say so in the history."""
    with context.open() as store:
        if not store.filings.note_look(filing.id, now=context.now()):
            return False
        issue = _issue(filing, store)
        store.decisions.record(
            issue.product_id,
            "not_looked",
            at=context.now(),
            actor=MACHINE,
            issue_id=issue.id,
            after={"filing": filing.id},
            reason=reason,
            origin=_ORIGIN,
        )
    log.warning("filed without a look at existing tickets", filing_id=filing.id, reason=reason)
    return True


def _issue(filing: Filing, store: Store) -> Issue:
    return store.issues.standing_for(store.filings.product_of(filing.id), filing.issue_id)


def _matches(
    filing: Filing, connection: Connection, tracker: Tracker, context: Context
) -> list[Match]:
    """The tickets worth showing, the closest first, each as it stands in the tracker now."""
    near = _near(filing, connection, context)
    if not near:
        return []
    seen = {one.ref.remote_id: one for one in tracker.sight([n.ticket.ref.remote_id for n in near])}
    theirs = {id: one for id, one in seen.items() if one.fingerprint is None}
    gone = [n.ticket.ref.remote_id for n in near if n.ticket.ref.remote_id not in theirs]
    with context.open() as store:
        # Deleted, out of our sight, or ours by now.
        store.existing.forget(connection.id, gone)
        for one in theirs.values():
            store.existing.note_status(connection.id, one.status)
        current = [store.existing.get(connection.product_id, one.ticket.id) for one in near]
    return [Match(ticket, one.near) for ticket, one in zip(current, near, strict=True) if ticket][
        :MOST_SHOWN
    ]


def _near(filing: Filing, connection: Connection, context: Context) -> list[Match]:
    """The closest tickets as we know them, but for those a person has said no to."""
    encoder = context.encoder()
    since = context.now() - timedelta(days=context.settings.existing_closed_days)
    with context.open() as store:
        known = store.existing.vectors(connection.id, encoder.name, closed_since=since)
        if not known:
            return []
        wanted = _described(_issue(filing, store), store, context)
        center = context.center(store, connection.product_id)
        family = store.issues.family(_issue(filing, store).id)
        refused = store.ticket_questions.refused(connection.product_id, family)
    vectors = rows_of([vector for _, vector in known], encoder.dimensions)
    near = nearest_by_meaning(wanted, vectors, center=center)
    with context.open() as store:
        tickets = store.existing.several([known[row][0] for row in near])
    chosen = [
        (ticket, row)
        for row in near
        if (ticket := tickets.get(known[row][0])) is not None
        and not any(_key(one, ticket) in refused for one in family)
    ]
    found = closest(
        wanted,
        [ticket.title for ticket, _ in chosen],
        [ticket.text for ticket, _ in chosen],
        vectors[[row for _, row in chosen]],
        center=center,
    )
    shown = [Match(chosen[one.row][0], one) for one in found]
    return [one for one in shown if one.near.closeness >= WORTH_SHOWING][:_MOST_READ]


def _key(issue_id: IssueId, ticket: ExistingTicket) -> str:
    return ticket_key(issue_id, ticket.connection_id, ticket.ref.remote_id)


def _described(issue: Issue, store: Store, context: Context) -> Described:
    """An issue as customers tell it."""
    encoder = context.encoder()
    members = store.vectors.of_issue(issue.id, encoder.name, limit=_MOST_MEMBERS)
    title = encoder.encode([issue.title])[0]
    rows = rows_of([vector for *_, vector in members], encoder.dimensions)
    words = rows.mean(axis=0) if len(rows) else title
    quotes = pick_quotes(issue.id, issue.product_id, store=store, context=context)
    text = "\n".join(quote.text for quote in quotes)
    return Described(issue.title, text, joined(title, np.asarray(words, dtype=np.float32)))


def _decide(filing: Filing, matches: Sequence[Match], context: Context) -> bool:
    """Link what is certain, ask about the rest; True when neither holds the filing up."""
    with context.open() as store:
        title = _issue(filing, store).title
    certain = [one for one in matches if says_the_same(one.near, title, one.ticket.title)]
    # A closed ticket is for a person to judge: it may be won't-fix, or this may be its return.
    is_clear = len(certain) == 1 and not certain[0].ticket.is_closed
    if is_clear and context.settings.filing_links_itself:
        return not _link(filing, certain[0], context)
    return not _ask(filing, matches, context)


def _link(filing: Filing, match: Match, context: Context) -> bool:
    """Have it linked by a job; nothing else is sent meanwhile, also when this worker dies now."""
    now, ticket = context.now(), match.ticket
    reason = f"{ticket.ref.key} says the same: {match.why}"
    until = now + timedelta(hours=max(context.settings.filing_waits_hours, 1))
    with context.open() as store:
        issue = _issue(filing, store)
        if not store.filings.note_look(filing.id, now=now):
            return True
        adopt_soon(filing, ticket.ref.remote_id, called=ticket.ref.key, store=store, until=until)
        told = f"{ticket.ref.key} says the same in the same words: it is being linked"
        store.filings.hold(filing.id, until=until, reason=told)
        store.decisions.record(
            issue.product_id,
            "linked_existing",
            at=now,
            actor=MACHINE,
            issue_id=issue.id,
            after={"filing": filing.id, "ticket": ticket.ref.key, "told": ticket.ref.key},
            reason=reason,
            origin=_ORIGIN,
        )
    return True


def _ask(filing: Filing, matches: Sequence[Match], context: Context) -> bool:
    """Ask a person about these tickets; True while the filing waits for the answer."""
    now = context.now()
    wait = timedelta(hours=context.settings.filing_waits_hours)
    with context.open() as store:
        issue = _issue(filing, store)
        asked = [one for one in matches if _propose(one, issue, store, now)]
        until = now + wait if asked and wait else None
        keys = " and ".join(one.ticket.ref.key for one in asked)
        reason = f"it waits for an answer: is {keys} the same problem?"
        if not store.filings.note_look(filing.id, now=now, hold=until, reason=reason):
            return True
        if until is not None:
            store.enqueue("file", once=f"file:{filing.id}", at=until, filing_id=filing.id)
    return until is not None


def _propose(match: Match, issue: Issue, store: Store, now: datetime) -> bool:
    asked = store.suggestions.propose(
        issue.product_id,
        kind=SuggestionKind.TICKET,
        key=_key(issue.id, match.ticket),
        issue_id=issue.id,
        existing_id=match.ticket.id,
        similarity=match.near.similarity,
        worth=match.near.closeness / 2,
        question=match.why,
        now=now,
    )
    return asked is not None
