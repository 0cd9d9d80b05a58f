"""Answer whether an existing ticket is about an issue: link it, or never ask again."""

from datetime import timedelta

from bridge.domain.errors import InvalidMove
from bridge.domain.grouping import Suggestion, SuggestionKind
from bridge.domain.issues import Issue
from bridge.domain.tickets import ExistingTicket, Filing, FilingState
from bridge.steps.groups import Act, Entry, Trail, record, take
from bridge.steps.linking import file_now
from bridge.steps.moves import require_living
from bridge.steps.name_ticket import adopt_soon

NOT_THAT_TICKET = "not_that_ticket"
THAT_TICKET = "that_ticket"


def answer_ticket(suggestion: Suggestion, trail: Trail, act: Act, *, is_yes: bool) -> None:
    """Link the filing to the ticket, or let it be filed once no question is open any more."""
    store = act.store
    if suggestion.issue_id is None or suggestion.existing_id is None:
        raise InvalidMove("this question names no ticket")
    (issue,) = take(suggestion.product_id, [suggestion.issue_id], store=store)
    require_living(issue, store=store)
    ticket = store.existing.get(suggestion.product_id, suggestion.existing_id)
    filing = store.filings.of_episode(issue)
    if not is_yes:
        record(Entry(NOT_THAT_TICKET, ticket.ref.key if ticket else ""), issue, trail, act)
        if filing is not None and not store.ticket_questions.open_about(
            issue.product_id, [issue.id]
        ):
            store.filings.hold(filing.id, until=None, reason=None)
            file_now(filing, store=store)
        return
    if ticket is None:
        raise InvalidMove("that ticket is gone from the tracker, or hidden from us")
    if filing is None or filing.state is FilingState.UNLINKED:
        raise InvalidMove(f"no ticket is wanted for {issue.name} any more: file it first")
    _link(issue, ticket, filing, act)


def _link(issue: Issue, ticket: ExistingTicket, filing: Filing, act: Act) -> None:
    store, cause = act.store, act.cause
    kind = SuggestionKind.TICKET
    store.suggestions.withdraw(issue.product_id, issue_ids=[issue.id], kind=kind)
    hours = act.context.settings.filing_waits_hours
    # The link is written by a job; until it is, no other ticket must be filed.
    until = cause.at + timedelta(hours=max(hours, 1))
    adopt_soon(filing, ticket.ref.remote_id, called=ticket.ref.key, store=store, until=until)
    store.decisions.record(
        issue.product_id,
        THAT_TICKET,
        at=cause.at,
        actor=cause.actor,
        issue_id=issue.id,
        after={"filing": filing.id, "ticket": ticket.ref.key, "told": ticket.ref.key},
        reason=cause.reason,
        origin=cause.origin,
    )
