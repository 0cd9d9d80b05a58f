"""Uses of workarounds, and what came of them."""

from typing import Annotated

from fastapi import Depends, Path
from starlette.responses import Response

from bridge.api.deps import BODY_ANSWERS, Helper, area, json_only
from bridge.api.idempotency import OnceDep
from bridge.api.wire import MOST_ID
from bridge.api.workaround_bodies import ResultIn, UseIn
from bridge.api.workaround_schemas import WorkaroundOut
from bridge.api.workarounds import WorkaroundPath, answer, take
from bridge.steps.advise import use_workaround

router = area("workarounds")

UsePath = Annotated[int, Path(alias="use", ge=1, le=MOST_ID)]


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
    """409 with the reason, and what to say instead, when it is not offered any more.

    The same contact counts once; what came of it may be told now, or later by the `use` answered.
    """
    given = body or UseIn()

    def do() -> tuple[int, WorkaroundOut]:
        found = take(workaround_id, call)
        get = call.store.contacts.get
        user = call.store.people.by_email(email) if (email := call.caller.email) else None
        use_id = use_workaround(
            found,
            call.product,
            contact=get(call.product.id, given.contact) if given.contact else None,
            user_id=user.id if user else None,
            store=call.store,
            cause=call.cause(),
            result=given.result,
        )
        told = answer(take(workaround_id, call), call)
        return 200, told.model_copy(update={"use": use_id})

    return once.run(call, do)


@router.post(
    "/workarounds/{id}/uses/{use}/result",
    summary="Tell what came of a use",
    response_model=WorkaroundOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def result(
    workaround_id: WorkaroundPath,
    use_id: UsePath,
    body: ResultIn,
    call: Helper,
    once: OnceDep,
) -> Response:
    """The last word counts; it may come after the workaround was retired."""

    def do() -> tuple[int, WorkaroundOut]:
        found = take(workaround_id, call)
        call.store.workaround_uses.tell(found.id, use_id, body.result, now=call.now)
        told = answer(take(workaround_id, call), call)
        return 200, told.model_copy(update={"use": use_id})

    return once.run(call, do)
