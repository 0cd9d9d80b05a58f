"""Copies of workarounds outside."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.copies import Copy, CopyId, CopyKind, CopyOutcome, CopyRef, RemoteCopy
from bridge.domain.errors import NotFound
from bridge.domain.workarounds import Workaround, WorkaroundId
from bridge.store.tables import WorkaroundCopyRow

_ROW = WorkaroundCopyRow


class Copies:
    """Reads and changes where workarounds live outside."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(  # noqa: PLR0913 - a copy is told by all of these
        self,
        workaround: Workaround,
        product_id: ProductId,
        ref: CopyRef,
        *,
        connection_id: int | None,
        url: str,
        now: datetime,
    ) -> Copy:
        """The copy at that address; made if new."""
        known = select(_ROW.id).where(
            _ROW.workaround_id == workaround.id,
            _ROW.connection_id.is_not_distinct_from(connection_id),
            _ROW.url == url,
        )
        statement = insert(_ROW).values(
            product_id=product_id,
            workaround_id=workaround.id,
            connection_id=connection_id,
            kind=ref.kind.value,
            remote_id=ref.remote_id,
            locale=ref.locale,
            url=url,
            title="",
            wants_live=True,
            is_off_by_us=False,
            created_at=now,
        )
        self._session.execute(statement.on_conflict_do_nothing())
        return self.get(product_id, self._session.scalars(known).one())

    def find(self, product_id: ProductId, copy_id: int, *, lock: bool = False) -> Copy | None:
        """The copy of that id in that product, if there is one."""
        row = self._session.get(_ROW, copy_id, populate_existing=True, with_for_update=lock or None)
        return None if row is None or row.product_id != product_id else _copy(row)

    def get(self, product_id: ProductId, copy_id: int, *, lock: bool = False) -> Copy:
        """The copy of that id in that product."""
        found = self.find(product_id, copy_id, lock=lock)
        if found is None:
            raise NotFound("no such copy")
        return found

    def of(self, workaround_ids: Iterable[WorkaroundId], *, lock: bool = False) -> list[Copy]:
        """The copies of these workarounds, oldest first."""
        query = select(_ROW).where(_ROW.workaround_id.in_(list(workaround_ids))).order_by(_ROW.id)
        if lock:
            query = query.with_for_update()
        rows = self._session.scalars(query, execution_options={"populate_existing": True})
        return [_copy(row) for row in rows]

    def unsettled(self, product_id: ProductId) -> list[Copy]:
        """Those that can be read and are not known to be as they are wanted."""
        query = (
            select(_ROW)
            .where(
                _ROW.product_id == product_id,
                _ROW.connection_id.is_not(None),
                or_(
                    _ROW.is_live.is_distinct_from(_ROW.wants_live),
                    _ROW.outcome.in_([CopyOutcome.TASK_CREATED, CopyOutcome.CONFLICT]),
                ),
            )
            .order_by(_ROW.id)
        )
        return [_copy(row) for row in self._session.scalars(query)]

    def want(self, copy_ids: Sequence[CopyId], *, is_live: bool) -> None:
        """From now on they are wanted so; what came of earlier wishes is forgotten."""
        self._change(copy_ids, wants_live=is_live, outcome=None, reason=None, verified_at=None)

    def link(self, copy_id: CopyId, remote: RemoteCopy, *, reason: str) -> None:
        """Remember how it is, for comparing later."""
        self._change(
            [copy_id],
            title=remote.title,
            content_hash=remote.content_hash,
            is_live=remote.is_live,
            reason=reason or None,
        )

    def relink(self, copy_id: CopyId, remote: RemoteCopy) -> None:
        """What it says now is what it is compared with later; a person has changed it for us."""
        self._change([copy_id], title=remote.title, content_hash=remote.content_hash)

    def note_sending(self, copy_id: CopyId, remote: RemoteCopy, *, is_off: bool) -> None:
        """It is about to be switched: keep what it says."""
        self._change([copy_id], kept=remote.text, is_off_by_us=is_off)

    def forget_switch(self, copy_id: CopyId) -> None:
        """It is on again: who switches it off next time is somebody else."""
        self._change([copy_id], is_off_by_us=False)

    def note_outcome(
        self,
        copy_id: CopyId,
        outcome: CopyOutcome,
        *,
        reason: str | None,
        is_live: bool | None,
        verified_at: datetime | None = None,
    ) -> None:
        """What came of bringing it to what is wanted."""
        self._change(
            [copy_id],
            outcome=outcome.value,
            reason=reason or None,
            is_live=is_live,
            verified_at=verified_at,
        )

    def remove(self, copy_id: CopyId) -> None:
        """Forget it; nothing is changed outside."""
        self._session.execute(delete(_ROW).where(_ROW.id == copy_id))

    def _change(self, copy_ids: Sequence[CopyId], **values: object) -> None:
        self._session.execute(update(_ROW).where(_ROW.id.in_(copy_ids)).values(values))


def _copy(row: WorkaroundCopyRow) -> Copy:
    return Copy(
        id=CopyId(row.id),
        product_id=ProductId(row.product_id),
        workaround_id=WorkaroundId(row.workaround_id),
        connection_id=row.connection_id,
        ref=CopyRef(CopyKind(row.kind), row.remote_id, row.locale),
        url=row.url,
        title=row.title,
        content_hash=row.content_hash,
        wants_live=row.wants_live,
        is_live=row.is_live,
        is_off_by_us=row.is_off_by_us,
        outcome=CopyOutcome(row.outcome) if row.outcome else None,
        reason=row.reason,
        verified_at=row.verified_at,
    )
