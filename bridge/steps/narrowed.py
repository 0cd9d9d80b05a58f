"""Narrowed: a workaround that stays for older versions, and its copies that do not say so.

The bridge never writes what a copy says. It reads it: a copy that names the fixed version already
needs nobody, otherwise a person is asked, once, and what they say they did is read again.
"""

from collections.abc import Sequence

from bridge.domain.contacts import ProductId
from bridge.domain.copies import Copy, RemoteCopy, names_version
from bridge.domain.issues import Issue
from bridge.domain.people import MACHINE
from bridge.domain.tasks import TaskKind, TaskState
from bridge.domain.workarounds import Workaround, WorkaroundState
from bridge.steps.context import Context
from bridge.steps.moves import Cause
from bridge.store import Store

_KIND = TaskKind.NAME_VERSIONS


def ask_for_versions(
    issue: Issue, narrowed: Sequence[Workaround], *, store: Store, cause: Cause
) -> None:
    """Have the copies of these workarounds looked at: do they say for which versions they are?

    What was asked for other versions, or of workarounds that are not narrowed, is dropped.
    """
    below = {one.id: one.content.scope.below for one in narrowed}
    copies = store.copies.of(below)
    keys = [_key(one, below[one.workaround_id] or "") for one in copies]
    store.tasks.drop_others(issue, _KIND, keys, by=MACHINE.name, now=cause.at)
    for one in copies:
        check_versions_soon(one.id, issue.product_id, store)


def check_versions_soon(copy_id: int, product_id: ProductId, store: Store) -> None:
    """Have a copy read for the version that it has to name."""
    store.enqueue(
        "name_versions", once=f"name_versions:{copy_id}", product_id=product_id, copy_id=copy_id
    )


def name_versions(context: Context, *, product_id: int, copy_id: int) -> None:
    """Read a copy of a narrowed workaround, and ask a person when it names no version."""
    with context.open() as store:
        copy = store.copies.find(ProductId(product_id), copy_id)
        if copy is None:
            return
        if _below(copy, store) is None:
            _forget(copy, store, context)
            return
        if copy.connection_id is None:
            _ask_once(copy, store=store, context=context)
            return
        connection = store.connections.get(copy.connection_id)
    remote = context.workaround_store(connection).get(copy.ref)
    with context.open() as store:
        locked = store.copies.find(ProductId(product_id), copy_id, lock=True)
        if locked is not None:
            _judge(locked, remote, store=store, context=context)


def _judge(copy: Copy, remote: RemoteCopy | None, *, store: Store, context: Context) -> None:
    """What follows from how the copy is now, unless the workaround has moved on meanwhile."""
    below = _below(copy, store)
    if below is None:
        _forget(copy, store, context)
        return
    is_offered = remote is not None and remote.is_live
    if remote is not None and names_version(f"{remote.title}\n{remote.text}", below):
        # What the person wrote is what it says from now on, not a change behind our back.
        store.copies.relink(copy.id, remote)
    elif is_offered:
        _ask_again(copy, below, store=store, context=context)
        return
    key = _key(copy, below)
    store.tasks.close(copy.product_id, [key], TaskState.DONE, by=MACHINE.name, now=context.now())


def _forget(copy: Copy, store: Store, context: Context) -> None:
    """It has to name no version any more."""
    store.tasks.drop_about(copy.id, _KIND, by=MACHINE.name, now=context.now())


def _ask_again(copy: Copy, below: str, *, store: Store, context: Context) -> None:
    """Ask, unless a person said no; who said that it is done is told what was read."""
    newest = store.tasks.newest(copy.product_id, _key(copy, below))
    if newest is not None and newest.state is TaskState.OPEN:
        return
    if newest is not None and newest.state is TaskState.DROPPED:
        if newest.closed_by != MACHINE.name:
            return
        newest = None
    _ask(copy, f"{below} does not stand in it yet" if newest else "", store=store, context=context)


def _ask_once(copy: Copy, *, store: Store, context: Context) -> None:
    """Nobody but a person can read it: what they say counts."""
    newest = store.tasks.newest(copy.product_id, _key(copy, _below(copy, store) or ""))
    if newest is None or newest.closed_by == MACHINE.name:
        _ask(copy, "", store=store, context=context)


def _ask(copy: Copy, reason: str, *, store: Store, context: Context) -> None:
    workaround = store.workarounds.get(copy.product_id, copy.workaround_id)
    issue = store.issues.get(copy.product_id, workaround.issue_id)
    below = workaround.content.scope.below or ""
    what = f"{copy.ref.kind.value} “{copy.title or copy.url}”"
    told = f"Say in the {what} that it is for versions before {below}: {issue.name} is fixed there"
    store.tasks.ask(
        issue,
        _key(copy, below),
        _KIND,
        text=f"{told} ({reason})." if reason else f"{told}.",
        now=context.now(),
        copy_id=copy.id,
        url=copy.url,
        owner=workaround.content.owner,
    )


def _below(copy: Copy, store: Store) -> str | None:
    """The version that the copy has to name; None when it has to name none."""
    workaround = store.workarounds.get(copy.product_id, copy.workaround_id)
    is_narrowed = workaround.state is WorkaroundState.ACTIVE and copy.wants_live
    return workaround.content.scope.below if is_narrowed else None


def _key(copy: Copy, below: str) -> str:
    return f"versions-{copy.id}-{below}"
