"""Copies: what holds a workaround outside is linked, switched off with it, and on again.

Each run begins with a reading, and only the switch is ever written, as an absolute value: so a
lost answer, a dead worker or a second run does no harm. What somebody changed since it was linked
is left alone, and a person is asked.
"""

from bridge.domain.contacts import ProductId
from bridge.domain.copies import (
    Copy,
    CopyKind,
    CopyOutcome,
    CopyRef,
    Move,
    RemoteCopy,
    next_move,
)
from bridge.domain.errors import AnswerLost, InvalidInput, Refused, TryAgainLater
from bridge.domain.people import MACHINE
from bridge.domain.products import Product
from bridge.domain.tasks import TaskKind, TaskState
from bridge.domain.workarounds import Workaround
from bridge.ports import WorkaroundStore
from bridge.steps.context import Context
from bridge.steps.moves import Cause
from bridge.steps.narrowed import check_versions_soon
from bridge.store import Store

_DESKS = ("zendesk",)


def link_copy(  # noqa: PLR0913 - one transaction needs all of it
    workaround: Workaround,
    url: str,
    product: Product,
    *,
    store: Store,
    context: Context,
    cause: Cause,
) -> Copy:
    """Remember that the workaround lives at that address too; a job reads how it is now.

    An address of a connected desk is a macro or an article, any other one a plain link. Raises
    InvalidInput for what is no address of the web.
    """
    if not url.startswith(("https://", "http://")):
        raise InvalidInput("give the address as it is in the browser: https://…", pointer="/url")
    ref, connection_id = CopyRef(CopyKind.LINK, ""), None
    for name in _DESKS:
        connection = store.connections.of_product(product.id, name)
        known = context.workaround_store(connection).recognise(url) if connection else None
        if connection is not None and known is not None:
            ref, connection_id = known, connection.id
    copy = store.copies.add(
        workaround, product.id, ref, connection_id=connection_id, url=url, now=cause.at
    )
    _record(workaround, product, "workaround_copy_linked", copy, store=store, cause=cause)
    if connection_id is not None:
        sync_soon(copy, store)
    if workaround.content.scope.below is not None:
        check_versions_soon(copy.id, product.id, store)
    return copy


def unlink_copy(
    copy: Copy, workaround: Workaround, product: Product, *, store: Store, cause: Cause
) -> None:
    """Forget a copy; nothing changes outside."""
    store.copies.remove(copy.id)
    _record(workaround, product, "workaround_copy_unlinked", copy, store=store, cause=cause)


def sync_soon(copy: Copy, store: Store) -> None:
    """Have a copy brought to what is wanted of it."""
    store.enqueue(
        "sync_copy", once=f"sync_copy:{copy.id}", product_id=copy.product_id, copy_id=copy.id
    )


def sync_copy(context: Context, *, product_id: int, copy_id: int) -> None:
    """Bring a copy to what is wanted of it, or ask a person to."""
    with context.open() as store:
        copy = _of(copy_id, product_id, store)
        if copy is None:
            return
        if copy.connection_id is None:
            _ask_by_hand(copy, "the bridge has no access to it", store=store, context=context)
            return
        connection = store.connections.get(copy.connection_id)
    desk = context.workaround_store(connection)
    remote = desk.get(copy.ref)
    with context.open() as store:
        locked = _of(copy_id, product_id, store, lock=True)
        if locked is None:
            return
        move, reason = next_move(locked, remote)
        if move is not Move.SEND or remote is None:
            _settle(locked, remote, move, reason, store=store, context=context)
            return
        is_off = not locked.wants_live or locked.is_off_by_us
        store.copies.note_sending(locked.id, remote, is_off=is_off)
    outcome, reason = _switch(locked, remote, desk)
    is_verified = outcome is CopyOutcome.DONE and desk.verify(locked.ref, is_live=locked.wants_live)
    with context.open() as store:
        _note(locked, outcome, reason, is_verified=is_verified, store=store, context=context)


def check_copies(context: Context) -> None:
    """Look again at the copies that are not as they are wanted: a person may have acted."""
    with context.open() as store:
        for product in store.products.all():
            for copy in store.copies.unsettled(product.id):
                sync_soon(copy, store)
            for copy_id in store.tasks.copies_of(product.id, TaskKind.NAME_VERSIONS):
                check_versions_soon(copy_id, product.id, store)


def _switch(copy: Copy, remote: RemoteCopy, desk: WorkaroundStore) -> tuple[CopyOutcome, str]:
    """Ask once; whether a lost answer was a yes is found out by the reading of the next run."""
    do = desk.restore if copy.wants_live else desk.retire
    try:
        outcome = do(copy.ref, remote.content_hash)
    except AnswerLost as error:
        raise TryAgainLater(str(error)) from error
    except Refused as error:
        return CopyOutcome.UNSUPPORTED, str(error)
    told = {
        CopyOutcome.CONFLICT: "somebody changed it at the same time",
        CopyOutcome.UNSUPPORTED: "its system does not allow it",
    }
    return outcome, told.get(outcome, "")


def _settle(  # noqa: PLR0913 - what was read, and what follows
    copy: Copy,
    remote: RemoteCopy | None,
    move: Move,
    reason: str,
    *,
    store: Store,
    context: Context,
) -> None:
    if move is Move.LINK and remote is not None:
        store.copies.link(copy.id, remote, reason=reason)
        if remote.is_live is not copy.wants_live and not copy.wants_live:
            sync_soon(copy, store)
        return
    is_live = remote.is_live if remote else False
    if move is Move.ASK:
        store.copies.note_outcome(copy.id, CopyOutcome.CONFLICT, reason=reason, is_live=is_live)
        _ask_by_hand(copy, reason, store=store, context=context, outcome=CopyOutcome.CONFLICT)
        return
    if copy.wants_live and copy.outcome is None and copy.is_live and not copy.is_off_by_us:
        return  # Nothing was ever asked of it.
    _note(copy, CopyOutcome.DONE, reason, is_verified=True, store=store, context=context)


def _note(  # noqa: PLR0913 - what came of it, and whether it was seen
    copy: Copy,
    outcome: CopyOutcome,
    reason: str,
    *,
    is_verified: bool,
    store: Store,
    context: Context,
) -> None:
    """Write down what came of it, unless something else is wanted by now."""
    current = _of(copy.id, copy.product_id, store, lock=True)
    if current is None or current.wants_live is not copy.wants_live:
        return
    now = context.now()
    if outcome is not CopyOutcome.DONE:
        _ask_by_hand(copy, reason, store=store, context=context, outcome=outcome)
        return
    store.copies.note_outcome(
        copy.id,
        outcome,
        reason=reason,
        is_live=copy.wants_live if is_verified else None,
        verified_at=now if is_verified else None,
    )
    if copy.wants_live:
        store.copies.forget_switch(copy.id)
    store.tasks.close(copy.product_id, [_key(copy)], TaskState.DONE, by=MACHINE.name, now=now)


def _ask_by_hand(
    copy: Copy,
    reason: str,
    *,
    store: Store,
    context: Context,
    outcome: CopyOutcome = CopyOutcome.UNSUPPORTED,
) -> None:
    """What the bridge cannot or must not do becomes a task with a link."""
    workaround = store.workarounds.get(copy.product_id, copy.workaround_id)
    issue = store.issues.get(copy.product_id, workaround.issue_id)
    verb = "Offer it again" if copy.wants_live else "Take it out of use"
    what = f"{copy.ref.kind.value} “{copy.title or copy.url}”"
    is_conflict = outcome is CopyOutcome.CONFLICT
    store.copies.note_outcome(
        copy.id,
        outcome if is_conflict else CopyOutcome.TASK_CREATED,
        reason=reason,
        is_live=copy.is_live,
    )
    store.tasks.ask(
        issue,
        _key(copy),
        TaskKind.BY_HAND,
        text=f"{verb}: {what} holds a workaround of {issue.name} ({reason}).",
        now=context.now(),
        copy_id=copy.id,
        url=copy.url,
        owner=workaround.content.owner,
    )


def _key(copy: Copy) -> str:
    return f"copy-{copy.id}"


def by_hand_keys(copies: "list[Copy]") -> list[str]:
    """The keys of the tasks that ask for these copies."""
    return [_key(one) for one in copies]


def _of(copy_id: int, product_id: int, store: Store, *, lock: bool = False) -> Copy | None:
    """The copy, unless a person has unlinked it meanwhile."""
    return store.copies.find(ProductId(product_id), copy_id, lock=lock)


def _record(  # noqa: PLR0913 - a decision is told by all of these
    workaround: Workaround,
    product: Product,
    action: str,
    copy: Copy,
    *,
    store: Store,
    cause: Cause,
) -> None:
    store.decisions.record(
        product.id,
        action,
        at=cause.at,
        actor=cause.actor,
        issue_id=workaround.issue_id,
        after={"workaround": workaround.id, "copy": copy.id, "url": copy.url},
        reason=cause.reason,
        origin=cause.origin,
    )
