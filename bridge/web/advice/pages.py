"""The list of workarounds by state, with the tasks on top."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Response

from bridge.domain.errors import InvalidInput, InvalidMove
from bridge.domain.issues import Issue
from bridge.domain.permissions import Action
from bridge.domain.tasks import Task
from bridge.steps.tasks import approve_task, drop_task, finish_task
from bridge.store.workarounds import Shelf
from bridge.web import words
from bridge.web.issues.advice_shown import shown
from bridge.web.pages import PageRoute, page, redirect, status_of
from bridge.web.visit import SubmissionDep, Typed, Visit, VisitDep, needs

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_PAGE_SIZE = 20
_TABS = {
    Shelf.ACTIVE: "Active",
    Shelf.OVERDUE: "To look at again",
    Shelf.DRAFT: "Drafts",
    Shelf.RETIRED: "Retired",
    Shelf.ALL: "All",
}
_DONE = {
    "approved": "It is being done. How it went is told in a moment: here, or at its issue.",
    "done": "Thank you. What can be read is read again.",
    "dropped": "Dropped. Nothing is changed.",
}
Id = Annotated[int, Path(ge=1, lt=1 << 63)]


@router.get("/workarounds")
def list_workarounds(
    visit: VisitDep,
    shelf: Annotated[str, Query(max_length=20)] = "active",
    before: Annotated[int, Query(ge=0, lt=1 << 63)] = 0,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Newest first; an unknown shelf shows the active ones."""
    wanted = Shelf(shelf) if shelf in set(Shelf) else Shelf.ACTIVE
    return _shown(visit, wanted, before=before, done=_DONE.get(done, ""))


@router.post("/tasks/{task_id}/approve", dependencies=[needs(Action.WRITE_WORKAROUNDS)])
def approve(task_id: Id, visit: SubmissionDep) -> Response:
    """Yes."""

    def act(task: Task) -> None:
        approve_task(task, visit.product, store=visit.store, cause=visit.cause())

    return _answered(task_id, visit, act, done="approved")


@router.post("/tasks/{task_id}/done", dependencies=[needs(Action.WRITE_WORKAROUNDS)])
def finish(task_id: Id, visit: SubmissionDep) -> Response:
    """I have done it."""

    def act(task: Task) -> None:
        finish_task(task, visit.product, store=visit.store, cause=visit.cause())

    return _answered(task_id, visit, act, done="done")


@router.post("/tasks/{task_id}/drop", dependencies=[needs(Action.WRITE_WORKAROUNDS)])
def drop(
    task_id: Id, visit: SubmissionDep, reason: Annotated[Typed, Form(max_length=2000)] = ""
) -> Response:
    """No."""

    def act(task: Task) -> None:
        drop_task(task, visit.product, store=visit.store, cause=visit.cause(reason))

    return _answered(task_id, visit, act, done="dropped")


def _answered(task_id: int, visit: Visit, act: Callable[[Task], None], *, done: str) -> Response:
    visit.caller.require(Action.WRITE_WORKAROUNDS)
    task = visit.store.tasks.get(visit.product.id, task_id, lock=True)
    try:
        with visit.store.savepoint():
            act(task)
    except (InvalidInput, InvalidMove) as error:
        return _shown(visit, Shelf.ACTIVE, trouble=error)
    return redirect(visit.address("/workarounds", done=done))


def _shown(
    visit: Visit,
    shelf: Shelf,
    *,
    before: int = 0,
    done: str = "",
    trouble: InvalidInput | InvalidMove | None = None,
) -> Response:
    store, product_id = visit.store, visit.product.id
    found = store.workarounds.on_shelf(
        product_id, shelf, now=visit.now, after=before, limit=_PAGE_SIZE + 1
    )
    some = found[:_PAGE_SIZE]
    may_answer = visit.may("write_workarounds")
    tasks = store.tasks.all(product_id, limit=50) if may_answer else []
    ids = {one.issue_id for one in some} | {one.issue_id for one in tasks}
    issues: dict[int, Issue] = {one: store.issues.get(product_id, one) for one in ids}
    fixed_in = {one: issue.fixed_in for one, issue in issues.items()}
    return page(
        visit,
        "workarounds.html",
        *([status_of(trouble)] if trouble else []),
        items=[(one, issues[one.one.issue_id]) for one in shown(some, fixed_in, visit)],
        open_tasks=[(one, issues[one.issue_id]) for one in tasks],
        tabs=_TABS,
        shelf=shelf,
        older=some[-1].id if len(found) > _PAGE_SIZE else None,
        before=before,
        done=done,
        trouble=words.sentence(str(trouble)) if trouble else "",
    )
