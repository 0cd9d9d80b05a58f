"""Suggestions: what the machine asks about groups, and a person's yes or no."""

from typing import Annotated

from fastapi import Depends, Path
from starlette.responses import Response

from bridge.api.bodies import Nothing
from bridge.api.deps import (
    BODY_ANSWERS,
    Call,
    IfMatch,
    Reader,
    Reviewer,
    answers,
    area,
    json_only,
)
from bridge.api.idempotency import OnceDep
from bridge.api.issues import require_version, with_etag
from bridge.api.paging import PageDep, page_of
from bridge.api.suggestion_schemas import (
    AskedIssueOut,
    ExistingTicketOut,
    QuoteOut,
    SideOut,
    SuggestionOut,
    SuggestionPage,
)
from bridge.api.wire import MOST_ID
from bridge.domain.grouping import Suggestion
from bridge.domain.tickets import ExistingTicket
from bridge.steps.answer import answer_suggestion
from bridge.steps.groups import Act
from bridge.steps.questions import Side, asked

router = area("suggestions")

_MOST_CHARACTERS = 500

SuggestionPath = Annotated[int, Path(alias="id", ge=1, le=MOST_ID)]


@router.get("/suggestions", summary="List open suggestions", responses=answers())
def list_suggestions(call: Reader, page: PageDep) -> SuggestionPage:
    """What the machine asks; the answer that helps most comes first."""
    found = call.store.suggestions.open(
        call.product.id, limit=page.limit + 1, after=page.after() or 0
    )
    items, after = page_of(found, page, lambda one: (one.id,))
    return SuggestionPage(items=[_shown(one, call) for one in items], next=after)


@router.post(
    "/suggestions/{id}/accept",
    summary="Say yes, and do it",
    response_model=SuggestionOut,
    responses=BODY_ANSWERS | answers(412),
    dependencies=[Depends(json_only)],
)
def accept(
    suggestion_id: SuggestionPath,
    call: Reviewer,
    once: OnceDep,
    if_match: IfMatch = None,
    body: Nothing | None = None,
) -> Response:
    """Merges, moves, confirms, splits or links; undo takes it back, unlink a link."""

    def do() -> tuple[int, SuggestionOut]:
        return 200, _answer(suggestion_id, if_match, call, is_yes=True)

    return with_etag(once.run(call, do))


@router.post(
    "/suggestions/{id}/reject",
    summary="Say no, and remember it",
    response_model=SuggestionOut,
    responses=BODY_ANSWERS | answers(412),
    dependencies=[Depends(json_only)],
)
def reject(
    suggestion_id: SuggestionPath,
    call: Reviewer,
    once: OnceDep,
    if_match: IfMatch = None,
    body: Nothing | None = None,
) -> Response:
    """The same question is never asked again."""

    def do() -> tuple[int, SuggestionOut]:
        return 200, _answer(suggestion_id, if_match, call, is_yes=False)

    return with_etag(once.run(call, do))


def _answer(suggestion_id: int, if_match: str | None, call: Call, *, is_yes: bool) -> SuggestionOut:
    call.store.products.lock_grouping(call.product.id)
    found = call.store.suggestions.get(call.product.id, suggestion_id, lock=True)
    require_version(f"suggestion {found.id}", found.version, if_match)
    act = Act(call.store, call.context, call.cause())
    return _shown(answer_suggestion(found, act, is_yes=is_yes), call)


def _shown(suggestion: Suggestion, call: Call) -> SuggestionOut:
    found = asked(suggestion, store=call.store)
    return SuggestionOut(
        id=suggestion.id,
        kind=suggestion.kind,
        question=found.question,
        why=suggestion.question,
        probability=suggestion.probability,
        similarity=suggestion.similarity,
        worth=suggestion.worth,
        state=suggestion.state,
        version=suggestion.version,
        left=_side(found.left),
        right=_side(found.right) if found.right else None,
        ticket=_ticket(found.ticket) if found.ticket else None,
        contacts=list(suggestion.contacts),
        created_at=suggestion.created_at,
        expires_at=suggestion.expires_at,
        answered_by=suggestion.answered_by,
        answered_at=suggestion.answered_at,
    )


def _ticket(ticket: ExistingTicket) -> ExistingTicketOut:
    return ExistingTicketOut(
        key=ticket.ref.key,
        url=ticket.ref.url,
        title=ticket.title,
        text=ticket.text[:_MOST_CHARACTERS],
        status=ticket.category,
        outcome=ticket.outcome,
        updated_at=ticket.updated_at,
    )


def _side(side: Side) -> SideOut:
    issue = None
    if side.summary is not None:
        issue = AskedIssueOut(
            id=side.summary.issue.name,
            title=side.summary.issue.title,
            state=side.summary.issue.state,
            customer_count=side.summary.counts.customers,
        )
    quotes = [
        QuoteOut(contact=one.id, text=one.text, occurred_at=one.occurred_at, channel=one.channel)
        for one in side.contacts
    ]
    return SideOut(issue=issue, contact_count=side.contact_count, quotes=quotes)
