"""Track: read a ticket again and let its issue follow, without trusting order or payloads."""

from collections.abc import Mapping
from dataclasses import replace

from bridge.domain.issues import FIXED, Issue, IssueState, Outcome
from bridge.domain.news import (
    TicketChanged,
    TicketDeleted,
    TrackerNews,
    VersionReleased,
    VersionUnreleased,
)
from bridge.domain.people import MACHINE
from bridge.domain.tasks import TaskState, reopen_key
from bridge.domain.tickets import StatusCategory, TicketStatus
from bridge.domain.workarounds import WorkaroundState
from bridge.steps.context import Context
from bridge.steps.done import ship_done, take_done_back
from bridge.steps.going_back import go_back
from bridge.steps.moves import Cause, move_issue
from bridge.steps.standing import Standing, stand_where
from bridge.steps.tell import Telling, tell_outcome
from bridge.steps.withdraw import step_down
from bridge.store import Store
from bridge.store.connections import Connection
from bridge.store.tickets import Ticket

_ORIGIN = "job:track"


def hear(news: TrackerNews, connection: Connection, *, store: Store) -> None:
    """Queue what a piece of news from the tracker asks for."""
    match news:
        case TicketChanged(remote_id) | TicketDeleted(remote_id):
            is_labelled = isinstance(news, TicketChanged) and news.is_labelled
            if store.tickets.by_remote_id(connection.id, remote_id) is not None:
                track_soon(connection, remote_id, store=store)
            elif is_labelled:
                look_at(connection, remote_id, store=store)
        case VersionReleased(name=name):
            release_soon(connection, name, store=store)
        case VersionUnreleased(name=name):
            release_soon(connection, name, store=store)


def track_soon(connection: Connection, remote_id: str, *, store: Store) -> None:
    """Queue the reading of one ticket."""
    store.enqueue(
        "track",
        once=f"track:{connection.id}:{remote_id}",
        connection_id=connection.id,
        remote_id=remote_id,
    )


def release_soon(connection: Connection, version: str, *, store: Store) -> None:
    """Queue the question what a version fixes, and whether it is out."""
    store.enqueue(
        "release",
        once=f"release:{connection.id}:{version}",
        connection_id=connection.id,
        version=version,
    )


def tells_news(status: TicketStatus | None, ticket: Ticket) -> bool:
    """Whether a ticket as it is now differs from what we know of it."""
    if status is None:
        return True
    now = (status.ref, status.category, status.outcome, tuple(one.name for one in status.versions))
    return now != (ticket.ref, ticket.category, ticket.outcome, ticket.versions)


def look_at(connection: Connection, remote_id: str, *, store: Store) -> None:
    """Queue a look at a ticket we do not know, although it carries a label of ours."""
    store.enqueue(
        "sweep",
        once=f"sweep:{connection.id}:ticket:{remote_id}",
        connection_id=connection.id,
        remote_id=remote_id,
    )


def track(context: Context, *, connection_id: int, remote_id: str) -> None:
    """Read one ticket and move its issues where its status says they are."""
    with context.open() as store:
        connection = store.connections.get(connection_id)
    context.require_usable(connection)
    found = context.tracker(connection).read([remote_id])
    with context.open() as store:
        ticket = store.tickets.by_remote_id(connection_id, remote_id, lock=True)
        if ticket is None:
            return
        if not found:
            _gone(ticket, store, context)
            return
        _follow(ticket, found[0], connection, store=store, context=context)


def _follow(
    ticket: Ticket,
    status: TicketStatus,
    connection: Connection,
    *,
    store: Store,
    context: Context,
) -> None:
    # A regression leaves the ticket as it was; only a change of the ticket moves its issues.
    has_changed = (status.category, status.outcome) != (ticket.category, ticket.outcome)
    store.tickets.note_status(ticket.id, status)
    if status.outcome is Outcome.DUPLICATE:
        once = f"follow_duplicate:{ticket.id}"
        store.enqueue("follow_duplicate", once=once, ticket_id=ticket.id)
    product = store.products.get(connection.product_id)
    cause = Cause(MACHINE, context.now(), f"ticket {status.ref.key} changed", _ORIGIN)
    if status.outcome is not Outcome.DUPLICATE:
        go_back(ticket, store=store, cause=cause)
    telling = Telling(product, store, context, cause)
    take_done_back(ticket, status, telling)
    for issue in _followers(ticket, store):
        if has_changed:
            issue = _stand(issue, ticket, status, telling)
        if issue.merged_into is not None:
            continue
        if issue.state is IssueState.RESOLVED:
            store.fixes.add_fix(issue, ticket.id, None, now=context.now())
            ship_done(issue, status, connection, telling, is_news=has_changed)
        if issue.state in (IssueState.RESOLVED, *FIXED):
            for version in status.versions:
                if version.is_released:
                    release_soon(connection, version.name, store=store)


def _stand(issue: Issue, ticket: Ticket, status: TicketStatus, telling: Telling) -> Issue:
    """Move an issue to where its ticket is, and tell what agents must know of it.

    ticket: as it was before.
    """
    store, cause = telling.store, telling.cause
    if issue.state in FIXED and status.category is not StatusCategory.DONE:
        state, what = _no_longer_done(ticket, status)
        telling = replace(telling, cause=replace(cause, reason=f"ticket {status.ref.key} {what}"))
        return step_down(issue, Standing(state), telling=telling)
    before = issue.state
    if before is IssueState.REGRESSED and status.category is not StatusCategory.DONE:
        # People were faster than the task that asked them to.
        keys = [reopen_key(issue.id)]
        store.tasks.close(issue.product_id, keys, TaskState.DONE, by=MACHINE.name, now=cause.at)
    issue = stand_where(issue, status.category, status.outcome, store=store, cause=cause)
    if issue.state is IssueState.DECLINED and before is not IssueState.DECLINED:
        words = _OUTCOMES.get(issue.outcome) if issue.outcome else None
        if words is not None and issue.merged_into is None:
            found = store.workarounds.all(issue.product_id, issue_id=issue.id)
            stay = [one for one in found if one.state is WorkaroundState.ACTIVE]
            tell_outcome(issue, words, stay, telling=telling)
    return issue


def _no_longer_done(ticket: Ticket, status: TicketStatus) -> tuple[IssueState, str]:
    """Where the issue of a fix goes whose ticket is not done now, and what became of the ticket.

    What a person shipped may have had an open ticket all along.
    """
    if ticket.category is StatusCategory.DONE:
        return IssueState.IN_PROGRESS, "was opened again"
    if status.category is StatusCategory.NEW:
        return IssueState.FILED, "is to do again: nobody works on it"
    return IssueState.IN_PROGRESS, "is still worked on"


_OUTCOMES: Mapping[Outcome, str] = {
    Outcome.WONT_FIX: "will not be fixed",
    Outcome.CANNOT_REPRODUCE: "could not be reproduced by engineering",
}
"""Of a duplicate nobody is told: it is followed to the ticket that stands for it."""


def _followers(ticket: Ticket, store: Store) -> list[Issue]:
    """The issues that a ticket moves, locked.

    One that was merged away stays in step, so that the merge can be undone; the survivor follows
    too, unless it has a ticket of its own.
    """
    found = []
    for issue_id in store.tickets.issues_of(ticket.id):
        issue = store.issues.get(ticket.product_id, issue_id, lock=True)
        found.append(issue)
        if issue.merged_into is None:
            continue
        survivor = store.issues.standing_for(ticket.product_id, issue.id, lock=True)
        if not store.tickets.has_own(survivor.id):
            found.append(survivor)
    return list({issue.id: issue for issue in found}.values())


def _gone(ticket: Ticket, store: Store, context: Context) -> None:
    """The ticket was deleted or hidden: its issue is confirmed and unfiled again."""
    store.tickets.mark_deleted(ticket.id)
    for issue in _followers(ticket, store):
        if issue.state not in FIXED and issue.can_move(IssueState.CONFIRMED):
            reason = f"ticket {ticket.ref.key} is gone from the tracker"
            cause = Cause(MACHINE, context.now(), reason, _ORIGIN)
            move_issue(issue, IssueState.CONFIRMED, store=store, cause=cause)
