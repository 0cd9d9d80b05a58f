"""Contacts that wait for the finder, read and written with few, prepared statements.

Every contact passes here once, so the statements are built once and each does several things:
building them anew took most of the time of an assignment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy import (
    BigInteger,
    DateTime,
    Float,
    LargeBinary,
    Text,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session, aliased

from bridge.domain.contacts import (
    ContactId,
    ContactNature,
    ContactOutcome,
    ProductId,
    RedactedText,
)
from bridge.domain.issues import IssueId
from bridge.store.issues import Place
from bridge.store.tables import AssignmentRow, ContactRow, VectorRow
from bridge.store.vectors import halves

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class WaitingContact:
    """A contact the finder has not looked at, and what is known about its very text."""

    id: ContactId
    text: RedactedText
    text_hash: bytes
    vector: Array | None
    """Of an earlier contact with the same text."""
    fate: IssueId | None
    """The issue that an earlier contact with the same text is on."""
    home: IssueId | None
    """The issue that a person put it on, before its text changed."""


@dataclass(frozen=True, slots=True)
class JudgedContact:
    """What the finder takes a contact for."""

    id: ContactId
    nature: ContactNature
    kind: str
    confidence: float
    """In the kind, between 0 and 1."""


_EARLIER = aliased(ContactRow)
_SAME_VECTOR = (
    select(func.halfvec_send(VectorRow.embedding, type_=LargeBinary))
    .where(VectorRow.encoder == bindparam("encoder"), VectorRow.text_hash == ContactRow.text_hash)
    .limit(1)
    .correlate(ContactRow)
    .scalar_subquery()
)
_SAME_FATE = (
    select(AssignmentRow.issue_id)
    .join(_EARLIER, _EARLIER.id == AssignmentRow.contact_id)
    .where(
        _EARLIER.product_id == ContactRow.product_id,
        _EARLIER.text_hash == ContactRow.text_hash,
        AssignmentRow.ended_at.is_(None),
        AssignmentRow.part == 0,
    )
    .order_by(_EARLIER.id.desc())
    .limit(1)
    .correlate(ContactRow)
    .scalar_subquery()
)
_HOME = (
    select(AssignmentRow.issue_id)
    .where(
        AssignmentRow.contact_id == ContactRow.id,
        AssignmentRow.ended_at.is_(None),
        AssignmentRow.part == 0,
    )
    .correlate(ContactRow)
    .scalar_subquery()
)
_WAITING = (
    select(ContactRow.id, ContactRow.text, ContactRow.text_hash, _SAME_VECTOR, _SAME_FATE, _HOME)
    .where(
        ContactRow.product_id == bindparam("product_id"),
        ContactRow.placed_at.is_(None),
        ContactRow.nature == ContactNature.MESSAGE.value,
        ContactRow.outcome == ContactOutcome.ACCEPTED.value,
    )
    .order_by(ContactRow.id)
    .limit(bindparam("most"))
)
_KEEP_VECTOR = upsert(VectorRow)
_KEEP_VECTOR = _KEEP_VECTOR.on_conflict_do_update(
    index_elements=["contact_id", "encoder"],
    set_={
        "text_hash": _KEEP_VECTOR.excluded.text_hash,
        "embedding": _KEEP_VECTOR.excluded.embedding,
    },
)
_ASSIGN = insert(AssignmentRow)
_JUDGED = select(
    func.unnest(bindparam("ids", type_=ARRAY(BigInteger))).label("id"),
    func.unnest(bindparam("natures", type_=ARRAY(Text))).label("nature"),
    func.unnest(bindparam("kinds", type_=ARRAY(Text))).label("kind"),
    func.unnest(bindparam("confidences", type_=ARRAY(Float))).label("confidence"),
).subquery()
_JUDGE = (
    update(ContactRow)
    .where(ContactRow.id == _JUDGED.c.id)
    .values(nature=_JUDGED.c.nature, kind=_JUDGED.c.kind, kind_confidence=_JUDGED.c.confidence)
    .execution_options(synchronize_session=False)
)
_PLACED = _JUDGE.values(placed_at=bindparam("now", type_=DateTime(timezone=True)))


class Waiting:
    """Takes contacts that wait and writes down where they went."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def take(self, product_id: ProductId, encoder: str, *, limit: int) -> list[WaitingContact]:
        """The oldest contacts that wait."""
        given = {"product_id": product_id, "encoder": encoder, "most": limit}
        return [
            WaitingContact(
                id=ContactId(row[0]),
                text=RedactedText(row[1]),
                text_hash=row[2],
                vector=None if row[3] is None else halves(row[3]),
                fate=None if row[4] is None else IssueId(row[4]),
                home=None if row[5] is None else IssueId(row[5]),
            )
            for row in self._session.connection().execute(_WAITING, given)
        ]

    def keep_vectors(
        self,
        product_id: ProductId,
        encoder: str,
        rows: Sequence[tuple[ContactId, bytes, Array]],
    ) -> None:
        """Store (contact, text hash, vector) rows, replacing what these contacts had."""
        values = [
            {
                "contact_id": contact_id,
                "encoder": encoder,
                "product_id": product_id,
                "text_hash": text_hash,
                "embedding": vector,
            }
            for contact_id, text_hash, vector in rows
        ]
        if values:
            self._session.connection().execute(_KEEP_VECTOR, values)

    def assign(self, product_id: ProductId, places: Sequence[Place], *, now: datetime) -> None:
        """Put contacts that are on no issue onto issues."""
        if places:
            rows = [one.values(product_id, now=now) for one in places]
            self._session.connection().execute(_ASSIGN, rows)

    def mark_placed(self, judged: Sequence[JudgedContact], *, now: datetime) -> None:
        """The finder has looked at these, and thinks so of them."""
        self._session.connection().execute(_PLACED, {**_columns(judged), "now": now})

    def judge_again(self, judged: Sequence[JudgedContact]) -> None:
        """The finder has learned and thinks otherwise of these."""
        self._session.connection().execute(_JUDGE, _columns(judged))


def _columns(judged: Sequence[JudgedContact]) -> dict[str, object]:
    return {
        "ids": [one.id for one in judged],
        "natures": [one.nature.value for one in judged],
        "kinds": [one.kind for one in judged],
        "confidences": [one.confidence for one in judged],
    }
