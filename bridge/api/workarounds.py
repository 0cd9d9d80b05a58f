"""Workarounds: what support tells customers until the fix ships."""

from typing import Annotated

from fastapi import Depends, Path, Query
from starlette.responses import Response

from bridge.api import present
from bridge.api.bodies import ReasonIn, UseIn, WorkaroundIn
from bridge.api.deps import (
    BODY_ANSWERS,
    Adviser,
    Call,
    Helper,
    Reader,
    answers,
    area,
    json_only,
)
from bridge.api.idempotency import OnceDep
from bridge.api.paging import PageDep, page_of
from bridge.api.schemas import WorkaroundOut, WorkaroundPage
from bridge.api.wire import ISSUE_PATTERN, MOST_ID, issue_number
from bridge.domain.workarounds import Workaround
from bridge.steps.advise import (
    Advice,
    add_workaround,
    restore_workaround,
    retire_workaround,
    use_workaround,
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
    return WorkaroundPage(items=present.workarounds(items, product_id, store), next=after)


@router.post(
    "/workarounds",
    summary="Add a workaround",
    status_code=201,
    response_model=WorkaroundOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def add(body: WorkaroundIn, call: Adviser, once: OnceDep) -> Response:
    """It may be offered at once; personal data in its text is redacted."""

    def do() -> tuple[int, WorkaroundOut]:
        issue = call.store.issues.by_number(call.product.id, body.issue)
        advice = Advice(body.text, body.audience, tuple(body.versions))
        cause = call.cause()
        added = add_workaround(issue, advice, call.product, store=call.store, cause=cause)
        return 201, _answer(added, call)

    return once.run(call, do)


@router.post(
    "/workarounds/{id}/use",
    summary="Count a use",
    response_model=WorkaroundOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def use(
    workaround_id: WorkaroundPath,
    call: Helper,
    once: OnceDep,
    body: UseIn | None = None,
) -> Response:
    """409 with the reason when it is retired; the same contact counts once."""

    def do() -> tuple[int, WorkaroundOut]:
        found = _take(workaround_id, call)
        contact_id = body.contact if body else None
        contact = call.store.contacts.get(call.product.id, contact_id) if contact_id else None
        user = call.store.people.by_email(email) if (email := call.caller.email) else None
        use_workaround(
            found,
            contact_id=contact.id if contact else None,
            user_id=user.id if user else None,
            store=call.store,
            cause=call.cause(),
        )
        return 200, _answer(_take(workaround_id, call), call)

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
        found = _take(workaround_id, call)
        changed = retire_workaround(found, call.product, store=call.store, cause=cause)
        return 200, _answer(changed, call)

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
        found = _take(workaround_id, call)
        changed = restore_workaround(found, call.product, store=call.store, cause=cause)
        return 200, _answer(changed, call)

    return once.run(call, do)


def _take(workaround_id: int, call: Call) -> Workaround:
    return call.store.workarounds.get(call.product.id, workaround_id, lock=True)


def _answer(one: Workaround, call: Call) -> WorkaroundOut:
    return present.workarounds([one], call.product.id, call.store)[0]
