"""Contacts that wait for the finder, and where they went; see `placing.py` for all in one trip."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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
from sqlalchemy.orm import Session, aliased

from bridge.domain.contacts import (
    ContactId,
    ContactNature,
    ContactOutcome,
    ProductId,
    RedactedText,
)
from bridge.domain.issues import IssueId
from bridge.store.evidence import RECENT_HOMES
from bridge.store.issues import Place
from bridge.store.tables import AssignmentRow, ContactRow, VectorRow
from bridge.store.trips import Answer, Statement, Trip, one_trip
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
    recent_homes: tuple[IssueId, ...]
    """The issues of what its customer wrote shortly before."""


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
_WAITING = Statement(
    select(
        ContactRow.id,
        ContactRow.text,
        ContactRow.text_hash,
        _SAME_VECTOR,
        _SAME_FATE,
        _HOME,
        RECENT_HOMES,
    )
    .where(
        ContactRow.product_id == bindparam("product_id"),
        ContactRow.placed_at.is_(None),
        ContactRow.nature == ContactNature.MESSAGE.value,
        ContactRow.outcome == ContactOutcome.ACCEPTED.value,
    )
    .order_by(ContactRow.id)
    .limit(bindparam("limit"))
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
_NO_TIME = timedelta()


class Waiting:
    """Takes contacts that wait and writes down where they went."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def take(
        self,
        product_id: ProductId,
        encoder: str,
        *,
        limit: int,
        within: timedelta = _NO_TIME,
        most: int = 0,
    ) -> list[WaitingContact]:
        """The oldest contacts that wait; see `send_waiting`."""
        with one_trip(self._session) as trip:
            waiting = send_waiting(trip, product_id, encoder, limit=limit, within=within, most=most)
        return waiting_contacts(waiting)

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


def send_waiting(  # noqa: PLR0913 - what is asked of one statement
    trip: Trip,
    product_id: ProductId,
    encoder: str,
    *,
    limit: int,
    within: timedelta,
    most: int,
) -> Answer:
    """Read the oldest contacts that wait.

    within, most: how far back the contacts of their customers tell recent homes, and how many do.
    """
    given = {"product_id": product_id, "encoder": encoder, "limit": limit}
    return trip.send(_WAITING, {**given, "within": within, "most": most})


def waiting_contacts(answer: Answer) -> list[WaitingContact]:
    """What `send_waiting` has read."""
    return [
        WaitingContact(
            id=ContactId(row[0]),
            text=RedactedText(row[1]),
            text_hash=row[2],
            vector=None if row[3] is None else halves(row[3]),
            fate=None if row[4] is None else IssueId(row[4]),
            home=None if row[5] is None else IssueId(row[5]),
            recent_homes=tuple(map(IssueId, row[6])),
        )
        for row in answer
    ]


def _columns(judged: Sequence[JudgedContact]) -> dict[str, object]:
    return {
        "ids": [one.id for one in judged],
        "natures": [one.nature.value for one in judged],
        "kinds": [one.kind for one in judged],
        "confidences": [one.confidence for one in judged],
    }
