"""Tasks: what a fix asks of people about copies of workarounds outside, and their answers."""

from collections import Counter
from collections.abc import Sequence

from bridge.domain.copies import Copy, CopyOutcome
from bridge.domain.errors import InvalidInput, InvalidMove
from bridge.domain.issues import FIXED, Issue, IssueId
from bridge.domain.people import MACHINE
from bridge.domain.products import Product
from bridge.domain.tasks import Task, TaskKind, TaskState
from bridge.domain.workarounds import Workaround, WorkaroundState
from bridge.steps.again import already
from bridge.steps.copies import by_hand_keys, sync_soon
from bridge.steps.moves import Cause
from bridge.steps.narrowed import check_versions_soon
from bridge.steps.reopen import look_again
from bridge.store import Store


def withdraw_copies(issue: Issue, *, store: Store, cause: Cause) -> None:
    """Switch off, or ask whether to, what holds the issue's retired workarounds outside."""
    copies = _to_change(issue, store, wants_live=True)
    if not copies:
        return
    if store.products.get(issue.product_id).copies_auto:
        _want(copies, store, is_live=False)
        return
    text = f"Take {_named(copies)} of {issue.name} out of use: {cause.reason}."
    store.tasks.ask(
        issue, _key(issue.id, TaskKind.WITHDRAW), TaskKind.WITHDRAW, text=text, now=cause.at
    )


def give_copies_back(issue: Issue, *, store: Store, cause: Cause) -> None:
    """Switch on, or ask whether to, what holds workarounds that are offered again."""
    living = [one for one in _workarounds(issue, store) if one.state is WorkaroundState.ACTIVE]
    every = store.copies.of([one.id for one in living], lock=True)
    proposed = [_key(one, TaskKind.WITHDRAW) for one in store.issues.family(issue.id)]
    stale = [*by_hand_keys(every), *proposed]
    store.tasks.close(issue.product_id, stale, TaskState.DROPPED, by=MACHINE.name, now=cause.at)
    off = [one for one in every if not one.wants_live]
    there = [one for one in off if one.was_never_out]
    _leave(there, store)
    copies = [one for one in off if one not in there]
    if not copies:
        return
    if store.products.get(issue.product_id).copies_auto:
        _want(copies, store, is_live=True)
        return
    text = f"Bring {_named(copies)} of {issue.name} back: {cause.reason}."
    store.tasks.ask(
        issue, _key(issue.id, TaskKind.GIVE_BACK), TaskKind.GIVE_BACK, text=text, now=cause.at
    )


def approve_task(task: Task, product: Product, *, store: Store, cause: Cause) -> None:
    """Yes: the copies as they are now are switched, or the problem is back.

    Raises InvalidMove when it was answered.
    """
    _require_open(task, store, cause)
    if not task.needs_yes:
        raise InvalidMove("this is done by hand: do it, then say that it is done")
    issue = store.issues.standing_for(product.id, task.issue_id)
    if task.kind is TaskKind.CHECK_RETURN:
        _take_back(issue, store=store, cause=cause)
        _finish(task, TaskState.DONE, product, "task_approved", store=store, cause=cause)
        return
    is_back = task.kind is TaskKind.GIVE_BACK
    copies = _to_change(issue, store, wants_live=not is_back)
    _want(copies, store, is_live=is_back)
    _finish(task, TaskState.DONE, product, "task_approved", store=store, cause=cause)


def _take_back(issue: Issue, *, store: Store, cause: Cause) -> None:
    """Queue what follows when a fix does not hold: whoever answers a task has no lock on issues."""
    if issue.state not in FIXED:
        raise InvalidMove(
            f"{issue.name} is {issue.state.words} by now: no fix of it stands any more"
        )
    store.enqueue(
        "came_back",
        product_id=issue.product_id,
        issue_id=issue.id,
        episode=issue.episode,
        actor_kind=cause.actor.kind,
        actor_name=cause.actor.name,
    )


def finish_task(task: Task, product: Product, *, store: Store, cause: Cause) -> None:
    """A person has done it; what can be read is read again, and asked for again if it is not so."""
    _require_open(task, store, cause)
    if task.kind is TaskKind.REOPEN:
        look_again(store.issues.get(product.id, task.issue_id), store=store)
        _finish(task, TaskState.DONE, product, "task_done", store=store, cause=cause)
        return
    if task.needs_yes or task.copy_id is None:
        raise InvalidMove("this needs a yes: approve it, or drop it with a reason")
    copy = store.copies.get(product.id, task.copy_id, lock=True)
    if task.kind is TaskKind.NAME_VERSIONS:
        check_versions_soon(copy.id, product.id, store)
    elif copy.connection_id is None:
        store.copies.note_outcome(
            copy.id, CopyOutcome.DONE, reason=f"by {cause.actor.name}", is_live=None
        )
    else:
        sync_soon(copy, store)
    _finish(task, TaskState.DONE, product, "task_done", store=store, cause=cause)


def drop_task(task: Task, product: Product, *, store: Store, cause: Cause) -> None:
    """No: it is not to be done, for that reason."""
    _require_open(task, store, cause)
    if not cause.reason.strip():
        raise InvalidInput("a reason is needed: why is this not to be done?", pointer="/reason")
    _finish(task, TaskState.DROPPED, product, "task_dropped", store=store, cause=cause)


def _workarounds(issue: Issue, store: Store) -> list[Workaround]:
    return store.workarounds.all(issue.product_id, issue_id=issue.id)


def _to_change(issue: Issue, store: Store, *, wants_live: bool) -> list[Copy]:
    """Copies whose wish does not fit the state of their workaround any more, locked."""
    state = WorkaroundState.RETIRED if wants_live else WorkaroundState.ACTIVE
    found = [one.id for one in _workarounds(issue, store) if one.state is state]
    return [one for one in store.copies.of(found, lock=True) if one.wants_live is wants_live]


def _want(copies: Sequence[Copy], store: Store, *, is_live: bool) -> None:
    store.copies.want([one.id for one in copies], is_live=is_live)
    for one in copies:
        sync_soon(one, store)


def _leave(copies: Sequence[Copy], store: Store) -> None:
    """Nobody took them out of use: they are as they should be, unless a reading says otherwise."""
    store.copies.want([one.id for one in copies], is_live=True)
    for one in copies:
        if one.connection_id is not None:
            sync_soon(one, store)


def _key(issue_id: IssueId, kind: TaskKind) -> str:
    return f"{kind.value}-{issue_id}"


def _named(copies: Sequence[Copy]) -> str:
    """3 macros and 1 article."""
    counts = Counter(one.ref.kind.value for one in copies)
    told = [f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in sorted(counts.items())]
    return " and ".join(told)


def _require_open(task: Task, store: Store, cause: Cause) -> None:
    if task.state is TaskState.OPEN:
        return
    deed = "said yes to this" if task.needs_yes else "done this"
    if task.state is TaskState.DROPPED:
        deed = "dropped this"
    raise InvalidMove(already(task.closed_by, deed, store=store, cause=cause))


def _finish(  # noqa: PLR0913 - an answer is told by all of these
    task: Task, state: TaskState, product: Product, action: str, *, store: Store, cause: Cause
) -> None:
    store.tasks.finish(task.id, state, by=cause.actor.name, reason=cause.reason, now=cause.at)
    store.decisions.record(
        product.id,
        action,
        at=cause.at,
        actor=cause.actor,
        issue_id=store.issues.standing_for(product.id, task.issue_id).id,
        after={"task": task.id, "kind": task.kind.value},
        reason=cause.reason or task.text,
        origin=cause.origin,
    )
