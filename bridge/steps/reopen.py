"""Reopen: after a regression the ticket goes back to work, at most once an episode."""

from dataclasses import dataclass
from datetime import timedelta

from bridge.domain.contacts import ProductId
from bridge.domain.errors import AnswerLost, Refused, TryAgainLater
from bridge.domain.issues import Issue, IssueState
from bridge.domain.people import MACHINE
from bridge.domain.tasks import TaskKind, TaskState, reopen_key
from bridge.domain.tickets import StatusCategory
from bridge.ports import Tracker
from bridge.steps.context import Context
from bridge.store import Store
from bridge.store.connections import Connection
from bridge.store.reopenings import Begun
from bridge.store.tickets import Ticket

_ORIGIN = "job:reopen"
_AT_IT = timedelta(minutes=5)
"""For so long whoever began may still be at it."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """One regression and the ticket that should go back to work for it."""

    product_id: ProductId
    issue_id: int
    episode: int
    ticket: Ticket
    connection: Connection
    context: Context

    def issue(self, store: Store) -> Issue | None:
        """The issue, locked; None when it has moved on."""
        issue = store.issues.get(self.product_id, self.issue_id, lock=True)
        is_same = issue.state is IssueState.REGRESSED and issue.episode == self.episode
        return issue if is_same else None


def reopen_soon(issue: Issue, ticket: Ticket, *, store: Store) -> None:
    """Queue the opening of a ticket for the issue's present episode."""
    store.enqueue(
        "reopen",
        once=f"reopen:{issue.id}:{issue.episode}",
        product_id=issue.product_id,
        issue_id=issue.id,
        episode=issue.episode,
        ticket_id=ticket.id,
    )


def look_again(issue: Issue, *, store: Store) -> None:
    """A person says that the ticket is open: it is read, and asked for again if it is not so."""
    ticket_id = store.reopenings.ticket_of(issue)
    if ticket_id is not None:
        reopen_soon(issue, store.tickets.get(ticket_id), store=store)


def reopen(
    context: Context, *, product_id: int, issue_id: int, episode: int, ticket_id: int
) -> None:
    """Open the ticket of a regressed issue again, or ask a person to; read it to be sure.

    The will to do it is committed before the one request. Whoever finds it without its end does
    not send another: the request may have gone through, and people may have closed it since.
    """
    with context.open() as store:
        ticket = store.tickets.get(ticket_id)
        connection = store.connections.get(ticket.connection_id)
    context.require_usable(connection)
    turn = _Turn(ProductId(product_id), issue_id, episode, ticket, connection, context)
    tracker = context.tracker(connection)
    if _is_open(ticket, tracker):
        _settle(turn)
        return
    begun = _begin(turn)
    if begun is None:
        return
    why = "nobody knows what came of the first try"
    if begun is Begun.BY_HAND:
        why = "it is still closed"
    elif begun is Begun.NOW:
        why = _move(turn, tracker)
    if why and not _is_open(ticket, tracker):
        _ask(turn, why)
    else:
        _settle(turn)


def _is_open(ticket: Ticket, tracker: Tracker) -> bool:
    """Whether it is worked on, or gone: then there is nothing to open."""
    found = tracker.read([ticket.ref.remote_id])
    return not found or found[0].category is not StatusCategory.DONE


def _begin(turn: _Turn) -> Begun | None:
    """Commit that the request is about to be sent; None when the issue has moved on."""
    now = turn.context.now()
    with turn.context.open() as store:
        issue = turn.issue(store)
        if issue is None:
            return None
        begun, since = store.reopenings.begin(issue, turn.ticket.id, now=now)
    if begun is Begun.BEFORE and now < since + _AT_IT:
        raise TryAgainLater(
            "another worker opens the ticket", retry_after_seconds=_AT_IT.total_seconds()
        )
    return begun


def _move(turn: _Turn, tracker: Tracker) -> str:
    """Send the one request; returns why a person has to do it, empty when it went through."""
    try:
        is_moved = tracker.reopen(turn.ticket.ref)
    except TryAgainLater:
        # Nothing happened: the next try is the first one again.
        with turn.context.open() as store:
            store.reopenings.forget(turn.issue_id, turn.episode)
        raise
    except AnswerLost:
        return "the answer of the tracker was lost"
    except Refused as error:
        return f"the tracker refused it: {error}"
    return "" if is_moved else "its workflow does not offer exactly one way back"


def _settle(turn: _Turn) -> None:
    """It is open: nobody is asked any more, and its issue follows."""
    now = turn.context.now()
    with turn.context.open() as store:
        issue = turn.issue(store)
        key = reopen_key(turn.issue_id)
        store.tasks.close(turn.product_id, [key], TaskState.DONE, by=MACHINE.name, now=now)
        if issue is not None and store.reopenings.settle(turn.issue_id, turn.episode):
            store.decisions.record(
                issue.product_id,
                "ticket_reopened",
                at=now,
                actor=MACHINE,
                issue_id=issue.id,
                after={"ticket": turn.ticket.ref.key, "told": turn.ticket.ref.key},
                reason="its fix did not hold",
                origin=_ORIGIN,
            )
        remote_id = turn.ticket.ref.remote_id
        store.enqueue(
            "track",
            once=f"track:{turn.connection.id}:{remote_id}",
            connection_id=turn.connection.id,
            remote_id=remote_id,
        )


def _ask(turn: _Turn, why: str) -> None:
    """A person opens it, and is asked again as long as it is not so."""
    with turn.context.open() as store:
        issue = turn.issue(store)
        if issue is None:
            return
        store.reopenings.leave(turn.issue_id, turn.episode)
        store.tasks.ask(
            issue,
            reopen_key(issue.id),
            TaskKind.REOPEN,
            text=f"Open {turn.ticket.ref.key} again: {issue.name} is back, and {why}.",
            now=turn.context.now(),
            url=turn.ticket.ref.url,
        )
