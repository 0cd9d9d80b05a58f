"""Copies of workarounds outside, and the tasks that they bring."""

from typing import Annotated, Protocol

from fastapi import Depends, Path
from starlette.responses import Response

from bridge.api import task_schemas
from bridge.api.bodies import ReasonIn
from bridge.api.deps import BODY_ANSWERS, Adviser, Call, Reader, answers, area, json_only
from bridge.api.idempotency import Once, OnceDep
from bridge.api.paging import PageDep, page_of
from bridge.api.task_schemas import CopyIn, CopyList, CopyOut, TaskOut, TaskPage
from bridge.api.wire import MOST_ID
from bridge.api.workarounds import WorkaroundPath, take
from bridge.domain.errors import NotFound
from bridge.domain.products import Product
from bridge.domain.tasks import Task, TaskState
from bridge.steps.copies import link_copy, unlink_copy
from bridge.steps.moves import Cause
from bridge.steps.tasks import approve_task, drop_task, finish_task
from bridge.store import Store

router = area("workarounds")


class Answering(Protocol):
    """One of the three answers to a task."""

    def __call__(self, task: Task, product: Product, *, store: Store, cause: Cause) -> None: ...


TaskPath = Annotated[int, Path(alias="id", ge=1, le=MOST_ID)]
CopyPath = Annotated[int, Path(alias="copy", ge=1, le=MOST_ID)]


@router.get("/workarounds/{id}/copies", summary="List where it lives", responses=answers())
def list_copies(workaround_id: WorkaroundPath, call: Reader) -> CopyList:
    """Macros, articles and links that hold the workaround."""
    found = call.store.workarounds.get(call.product.id, workaround_id)
    return CopyList(items=[task_schemas.copy(one) for one in call.store.copies.of([found.id])])


@router.post(
    "/workarounds/{id}/copies",
    summary="Say where it lives too",
    status_code=201,
    response_model=CopyOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def add_copy(workaround_id: WorkaroundPath, body: CopyIn, call: Adviser, once: OnceDep) -> Response:
    """A macro or article of a connected desk is read soon; any other address is a plain link."""

    def do() -> tuple[int, CopyOut]:
        found = take(workaround_id, call)
        linked = link_copy(
            found,
            body.url,
            call.product,
            store=call.store,
            context=call.context,
            cause=call.cause(),
        )
        return 201, task_schemas.copy(linked)

    return once.run(call, do)


@router.post(
    "/workarounds/{id}/copies/{copy}/unlink",
    summary="Forget a copy",
    response_model=CopyOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def remove_copy(
    workaround_id: WorkaroundPath, copy_id: CopyPath, call: Adviser, once: OnceDep
) -> Response:
    """Nothing changes outside."""

    def do() -> tuple[int, CopyOut]:
        found = take(workaround_id, call)
        copy = call.store.copies.get(call.product.id, copy_id)
        if copy.workaround_id != found.id:
            raise NotFound("no such copy of this workaround")
        unlink_copy(copy, found, call.product, store=call.store, cause=call.cause())
        return 200, task_schemas.copy(copy)

    return once.run(call, do)


@router.get("/tasks", summary="List tasks", responses=answers())
def list_tasks(call: Adviser, page: PageDep, state: TaskState = TaskState.OPEN) -> TaskPage:
    """What waits for a person to decide or to do, oldest first."""
    store, product_id = call.store, call.product.id
    found = store.tasks.all(product_id, state=state, after=page.after() or 0, limit=page.limit + 1)
    items, after = page_of(found, page, lambda one: (one.id,))
    names = store.issues.names(product_id, [one.issue_id for one in items])
    shown = [task_schemas.task(one, names[one.issue_id]) for one in items]
    return TaskPage(items=shown, next=after)


@router.post(
    "/tasks/{id}/approve",
    summary="Say yes",
    response_model=TaskOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def approve(task_id: TaskPath, call: Adviser, once: OnceDep) -> Response:
    """The copies are switched as they are then; 409 when it was answered before."""
    return _answered(task_id, call, once, approve_task)


@router.post(
    "/tasks/{id}/done",
    summary="Say that it is done",
    response_model=TaskOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def done(task_id: TaskPath, call: Adviser, once: OnceDep) -> Response:
    """What can be read is read again, and asked for again if it is not so."""
    return _answered(task_id, call, once, finish_task)


@router.post(
    "/tasks/{id}/drop",
    summary="Say no",
    response_model=TaskOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def drop(task_id: TaskPath, body: ReasonIn, call: Adviser, once: OnceDep) -> Response:
    """It is not to be done, for that reason."""
    return _answered(task_id, call, once, drop_task, body.reason)


def _answered(
    task_id: int,
    call: Call,
    once: Once,
    act: Answering,
    reason: str = "",
) -> Response:
    def do() -> tuple[int, TaskOut]:
        get = call.store.tasks.get
        found = get(call.product.id, task_id, lock=True)
        act(found, call.product, store=call.store, cause=call.cause(reason))
        changed = get(call.product.id, task_id)
        issue = call.store.issues.get(call.product.id, changed.issue_id)
        return 200, task_schemas.task(changed, issue.name)

    return once.run(call, do)
