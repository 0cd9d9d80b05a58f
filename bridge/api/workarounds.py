"""Workarounds: what support tells customers until the fix ships."""

import dataclasses
from typing import Annotated

from fastapi import Depends, Path, Query
from starlette.responses import Response

from bridge.api import workaround_schemas
from bridge.api.bodies import ReasonIn
from bridge.api.deps import (
    BODY_ANSWERS,
    Adviser,
    Call,
    Reader,
    answers,
    area,
    json_only,
)
from bridge.api.idempotency import OnceDep
from bridge.api.paging import PageDep, page_of
from bridge.api.wire import ISSUE_PATTERN, MOST_ID, issue_number
from bridge.api.workaround_bodies import (
    WorkaroundEditIn,
    WorkaroundIn,
    WorkaroundParts,
    WorkaroundReplaceIn,
)
from bridge.api.workaround_schemas import WorkaroundOut, WorkaroundPage
from bridge.domain.workarounds import Audience, Workaround
from bridge.steps.advise import (
    Advice,
    activate_workaround,
    add_workaround,
    edit_workaround,
    replace_workaround,
    restore_workaround,
    retire_workaround,
)

router = area("workarounds")

WorkaroundPath = Annotated[int, Path(alias="id", ge=1, le=MOST_ID)]
IssueQuery = Annotated[str | None, Query(pattern=ISSUE_PATTERN, description="Of one issue only.")]


@router.get("/workarounds", summary="List workarounds", responses=answers())
def list_workarounds(
    call: Reader,
    page: PageDep,
    issue: IssueQuery = None,
) -> WorkaroundPage:
    """Oldest first, retired ones with the reason."""
    product_id = call.product.id
    store = call.store
    found = store.workarounds.all(
        product_id,
        issue_id=store.issues.by_number(product_id, issue_number(issue)).id if issue else None,
        after=page.after() or 0,
        limit=page.limit + 1,
    )
    items, after = page_of(found, page, lambda one: (one.id,))
    shown = workaround_schemas.workarounds(items, product_id, store=store, now=call.now)
    return WorkaroundPage(items=shown, next=after)


@router.post(
    "/workarounds",
    summary="Add a workaround",
    status_code=201,
    response_model=WorkaroundOut,
    responses={200: {"model": WorkaroundOut, "description": "Known already."}, **BODY_ANSWERS},
    dependencies=[Depends(json_only)],
)
def add(body: WorkaroundIn, call: Adviser, once: OnceDep) -> Response:
    """It may be offered at once, a draft later; personal data in its texts is redacted."""

    def do() -> tuple[int, WorkaroundOut]:
        issue = call.store.issues.by_number(call.product.id, body.issue)
        added, is_new = add_workaround(
            issue,
            _advice(body, body.text, body.audience),
            call.product,
            store=call.store,
            cause=call.cause(),
            is_draft=body.draft,
        )
        return 201 if is_new else 200, answer(added, call)

    return once.run(call, do)


@router.post(
    "/workarounds/{id}/edit",
    summary="Say it in other words",
    response_model=WorkaroundOut,
    responses=answers(400, 409, 412, 413, 415),
    dependencies=[Depends(json_only)],
)
def edit(
    workaround_id: WorkaroundPath,
    body: WorkaroundEditIn,
    call: Adviser,
    once: OnceDep,
) -> Response:
    """What is left out stays; the history keeps the old words."""

    def do() -> tuple[int, WorkaroundOut]:
        found = take(workaround_id, call)
        changed = edit_workaround(
            found,
            _edited(found, body),
            call.product,
            store=call.store,
            cause=call.cause(body.reason),
            edition=body.edition,
        )
        return 200, answer(changed, call)

    return once.run(call, do)


@router.post(
    "/workarounds/{id}/replace",
    summary="Offer another one instead",
    status_code=201,
    response_model=WorkaroundOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def replace(
    workaround_id: WorkaroundPath,
    body: WorkaroundReplaceIn,
    call: Adviser,
    once: OnceDep,
) -> Response:
    """The answer is the new one; whoever used the old one in the last month is told."""

    def do() -> tuple[int, WorkaroundOut]:
        added = replace_workaround(
            take(workaround_id, call),
            _advice(body, body.text, body.audience),
            call.product,
            store=call.store,
            context=call.context,
            cause=call.cause(body.reason),
        )
        return 201, answer(added, call)

    return once.run(call, do)


@router.post(
    "/workarounds/{id}/activate",
    summary="Offer a draft",
    response_model=WorkaroundOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def activate(workaround_id: WorkaroundPath, call: Adviser, once: OnceDep) -> Response:
    """409 for anything but a draft."""

    def do() -> tuple[int, WorkaroundOut]:
        found = take(workaround_id, call)
        changed = activate_workaround(found, call.product, store=call.store, cause=call.cause())
        return 200, answer(changed, call)

    return once.run(call, do)


@router.post(
    "/workarounds/{id}/retire",
    summary="Stop offering it",
    response_model=WorkaroundOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def retire(
    workaround_id: WorkaroundPath,
    body: ReasonIn,
    call: Adviser,
    once: OnceDep,
) -> Response:
    """The reason is shown to whoever wants to use it."""

    def do() -> tuple[int, WorkaroundOut]:
        cause = call.cause(body.reason)
        found = take(workaround_id, call)
        changed = retire_workaround(found, call.product, store=call.store, cause=cause)
        return 200, answer(changed, call)

    return once.run(call, do)


@router.post(
    "/workarounds/{id}/restore",
    summary="Offer it again",
    response_model=WorkaroundOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def restore(
    workaround_id: WorkaroundPath,
    body: ReasonIn,
    call: Adviser,
    once: OnceDep,
) -> Response:
    """The reason is kept."""

    def do() -> tuple[int, WorkaroundOut]:
        cause = call.cause(body.reason)
        found = take(workaround_id, call)
        changed = restore_workaround(found, call.product, store=call.store, cause=cause)
        return 200, answer(changed, call)

    return once.run(call, do)


def take(workaround_id: int, call: Call) -> Workaround:
    """That workaround, until the request is answered nobody else's."""
    return call.store.workarounds.get(call.product.id, workaround_id, lock=True)


def answer(one: Workaround, call: Call) -> WorkaroundOut:
    """One workaround as the API shows it."""
    found = workaround_schemas.workarounds([one], call.product.id, store=call.store, now=call.now)
    return found[0]


def _advice(body: WorkaroundParts, text: str, audience: Audience) -> Advice:
    return Advice(
        text=text,
        audience=audience,
        versions=tuple(body.versions),
        customer_text=body.customer_text,
        steps=tuple(body.steps),
        after_fix_text=body.after_fix_text,
        platforms=tuple(body.platforms),
        segments=tuple(body.segments),
        owner=body.owner,
        review_at=body.review_at,
    )


def _edited(found: Workaround, body: WorkaroundEditIn) -> Advice:
    """The advice as it was, with the members that were sent."""
    given = _advice(body, body.text, body.audience)
    sent = body.model_fields_set - {"edition", "reason"}
    return dataclasses.replace(
        Advice.of(found.content), **{name: getattr(given, name) for name in sent}
    )
