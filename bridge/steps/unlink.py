"""Unlink: a person says that a ticket is not the one of an issue.

Our marks come off the ticket before another one may be filed, so that no evidence links it again.
"""

from collections.abc import Sequence

from bridge.domain.errors import AnswerLost, InvalidMove, Refused, TryAgainLater
from bridge.domain.issues import Issue, IssueState
from bridge.domain.tickets import Filing, FilingState
from bridge.steps.asking import ticket_key
from bridge.steps.context import Context
from bridge.steps.moves import Cause, move_issue, require_living
from bridge.store import Store
from bridge.store.suggestions import Answer
from bridge.store.tickets import Ticket

_TOLD = (IssueState.SHIPPED, IssueState.VERIFIED)


def unlink_ticket(issue: Issue, *, store: Store, cause: Cause) -> Issue:
    """Take an issue off its ticket, whatever was merged into it too; it may be filed again."""
    require_living(issue, store=store)
    filing, ticket = linked(issue, store)
    if filing is None or ticket is None:
        raise InvalidMove(f"{issue.name} has no ticket that it could be taken off")
    if issue.state in _TOLD:
        raise InvalidMove(
            f"{issue.name} is {issue.state.words}: people were told what its ticket fixed"
        )
    if filing.left_ticket_id is not None:
        raise InvalidMove("our marks are still coming off another ticket: try again in a moment")
    family = [one for one in store.filings.of_issue(issue.id) if one.ticket_id == ticket.id]
    store.filings.unlink([one.id for one in family], reason=f"it was taken off {ticket.ref.key}")
    if issue.can_move(IssueState.CONFIRMED):
        issue = move_issue(issue, IssueState.CONFIRMED, store=store, cause=cause)
    no = Answer(is_yes=False, by=cause.actor.name, at=cause.at)
    for issue_id in store.issues.family(issue.id):
        key = ticket_key(issue_id, ticket.connection_id, ticket.ref.remote_id)
        store.ticket_questions.note_no(issue.product_id, key=key, issue_id=issue_id, answer=no)
    store.decisions.record(
        issue.product_id,
        "unlinked",
        at=cause.at,
        actor=cause.actor,
        issue_id=issue.id,
        before={"ticket": ticket.ref.key},
        after={"filing": filing.id, "told": ticket.ref.key},
        reason=cause.reason,
        origin=cause.origin,
    )
    store.enqueue("refresh", once=f"refresh:{ticket.id}", ticket_id=ticket.id)
    return issue


def linked(issue: Issue, store: Store) -> tuple[Filing | None, Ticket | None]:
    """The filing of an issue's episode and its ticket, if it points to one that exists."""
    filing = store.filings.of_episode(issue)
    if filing is None or filing.ticket_id is None:
        return None, None
    ticket = store.tickets.get(filing.ticket_id)
    return (None, None) if ticket.is_deleted else (filing, ticket)


def take_marks_off(context: Context, *, ticket_id: int) -> None:
    """Let the tracker forget issues that people took off a ticket; safe to repeat.

    Part of the job `refresh`, of which no two run for one ticket: so no mark is written again by
    somebody who has not heard of it yet.
    """
    with context.open() as store:
        left = store.filings.left(ticket_id)
        if not left:
            return
        ticket = store.tickets.get(ticket_id)
        heirs = store.filings.of_ticket(ticket_id)
        connection = store.connections.get(ticket.connection_id)
    if not ticket.is_deleted:
        context.require_usable(connection)
        heir = heirs[0].fingerprint if heirs else None
        _tell(left, ticket, heir, context)
    with context.open() as store:
        store.filings.forget_left([one.id for one in left])


def _tell(left: Sequence[Filing], ticket: Ticket, heir: str | None, context: Context) -> None:
    with context.open() as store:
        connection = store.connections.get(ticket.connection_id)
        names = store.issues.names(ticket.product_id, [one.issue_id for one in left])
    tracker = context.tracker(connection)
    for filing in left:
        key, text = _words(filing, names[filing.issue_id])
        if heir is None:
            text = f"{text} What the bridge wrote here is not kept up to date any more."
        try:
            tracker.let_go(ticket.ref, filing.fingerprint, heir)
            tracker.note(ticket.ref, key=key, text=text)
        except AnswerLost as error:
            raise TryAgainLater(f"{error}: reading {ticket.ref.key} again will tell") from error
        except Refused:
            if tracker.read([ticket.ref.remote_id]):
                raise
            # Deleted or hidden: nothing of ours can be found there.
            return


def _words(filing: Filing, name: str) -> tuple[str, str]:
    """The name of the comment, and what it tells engineers."""
    if filing.state is FilingState.UNLINKED:
        text = f"This ticket is not about {name} of the bridge: a person took that off."
        return f"unlinked-{filing.fingerprint}", text
    text = f"{name} of the bridge has its own ticket again: that is no duplicate any more."
    return f"went-back-{filing.fingerprint}", text
