"""Recurring questions that are worth an article, and the answers that drafts are made from."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Path, Query
from starlette.responses import Response

from bridge.api.bodies import Nothing, ReasonIn
from bridge.api.deps import BODY_ANSWERS, Adviser, Call, Reader, Sender, answers, area, json_only
from bridge.api.faq_schemas import (
    FaqEditIn,
    FaqOut,
    FaqPage,
    FaqPublishIn,
    ReplyIn,
    ReplyOut,
    faq_out,
)
from bridge.api.idempotency import Once, OnceDep
from bridge.api.paging import PageDep, page_of
from bridge.api.wire import MOST_ID
from bridge.domain.faq import Faq, FaqState
from bridge.steps.faq import (
    ReplyReceived,
    accept_faq,
    dismiss_faq,
    edit_faq,
    faq_proof,
    faq_words,
    publish_faq,
    take_reply,
)

router = area("faq")

FaqPath = Annotated[int, Path(alias="id", ge=1, le=MOST_ID)]
States = Annotated[list[FaqState], Query(description="Repeat it for several.", max_length=10)]
_SHOWN = (FaqState.OPEN, FaqState.ACCEPTED, FaqState.PUBLISHED)


@router.post(
    "/replies",
    summary="Send what an agent answered",
    status_code=201,
    response_model=ReplyOut,
    responses={200: {"model": ReplyOut, "description": "Known already."}, **BODY_ANSWERS},
    dependencies=[Depends(json_only)],
)
def add_reply(body: ReplyIn, call: Sender, once: OnceDep) -> Response:
    """To a contact that is known; cleaned and redacted, and shown nowhere but in drafts."""

    def do() -> tuple[int, ReplyOut]:
        received = ReplyReceived(
            external_id=body.external_id,
            text=body.text,
            sent_at=body.sent_at,
            source=body.source,
            contact=body.contact or None,
            conversation=body.conversation or None,
            agent_email=body.agent,
        )
        is_new = take_reply(received, call.product, store=call.store, context=call.context)
        result = "new" if is_new else "known"
        return 201 if is_new else 200, ReplyOut(external_id=body.external_id, result=result)

    return once.run(call, do)


@router.get("/faqs", summary="List recurring questions", responses=answers())
def list_faqs(
    call: Reader,
    page: PageDep,
    state: States = [],  # noqa: B006 - FastAPI copies it
) -> FaqPage:
    """Those that wait, that are wanted and that are out, unless `state` says otherwise."""
    found = call.store.faqs.all(
        call.product.id, state or _SHOWN, after=page.after() or 0, limit=page.limit + 1
    )
    items, after = page_of(found, page, lambda one: (one.id,))
    return FaqPage(items=[_shown(one, call) for one in items], next=after)


@router.post(
    "/faqs/{id}/edit",
    summary="Write the article",
    response_model=FaqOut,
    responses=BODY_ANSWERS | answers(412),
    dependencies=[Depends(json_only)],
)
def edit(faq_id: FaqPath, body: FaqEditIn, call: Adviser, once: OnceDep) -> Response:
    """Personal data is redacted; from then on the machine leaves the words alone."""

    def act(faq: Faq) -> Faq:
        return edit_faq(
            faq,
            call.product,
            question=body.question,
            answer=body.answer,
            edition=body.edition,
            store=call.store,
            cause=call.cause(),
        )

    return _answered(faq_id, call, once, act)


@router.post(
    "/faqs/{id}/accept",
    summary="Want the article",
    response_model=FaqOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def accept(faq_id: FaqPath, call: Adviser, once: OnceDep, body: Nothing | None = None) -> Response:
    """The draft is good; 409 without an answer."""
    return _answered(
        faq_id, call, once, lambda faq: accept_faq(faq, store=call.store, cause=call.cause())
    )


@router.post(
    "/faqs/{id}/publish",
    summary="Say where the article is",
    response_model=FaqOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def publish(faq_id: FaqPath, body: FaqPublishIn, call: Adviser, once: OnceDep) -> Response:
    """From then on the question's contacts are watched."""

    def act(faq: Faq) -> Faq:
        return publish_faq(
            faq,
            body.link,
            store=call.store,
            cause=call.cause(),
            published_at=body.published_at,
        )

    return _answered(faq_id, call, once, act)


@router.post(
    "/faqs/{id}/dismiss",
    summary="Want no article",
    response_model=FaqOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def dismiss(faq_id: FaqPath, body: ReasonIn, call: Adviser, once: OnceDep) -> Response:
    """It is not suggested again; one that is out counts as taken down. The reason is kept."""
    return _answered(
        faq_id,
        call,
        once,
        lambda faq: dismiss_faq(faq, store=call.store, cause=call.cause(body.reason)),
    )


def _answered(faq_id: int, call: Call, once: Once, act: Callable[[Faq], Faq]) -> Response:
    def do() -> tuple[int, FaqOut]:
        faq = call.store.faqs.get(call.product.id, faq_id, lock=True)
        return 200, _shown(act(faq), call)

    return once.run(call, do)


def _shown(one: Faq, call: Call) -> FaqOut:
    proof = faq_proof(one, store=call.store, now=call.now)
    issue = call.store.issues.get(call.product.id, one.issue_id).name
    return faq_out(one, issue=issue, proof=proof, words=faq_words(one, proof))
