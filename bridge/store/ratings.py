"""What customers answered in surveys, beside their contacts or later."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import SQLColumnExpression

from bridge.domain.contacts import ProductId
from bridge.domain.issues import IssueId
from bridge.domain.satisfaction import SCALES, Answer, Metric, RatingReceived, Scale
from bridge.store.tables import AssignmentRow, ContactRow, RatingRow

_NO_CHANNEL = "unknown"


class RatingResult(StrEnum):
    """What became of a rating."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` on, before `until`; None leaves that end open."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, moment: SQLColumnExpression[Any]) -> ColumnElement[bool]:
        """Whether a moment lies in it."""
        parts: list[ColumnElement[bool]] = [moment.is_not(None)]
        if self.since is not None:
            parts.append(moment >= self.since)
        if self.until is not None:
            parts.append(moment < self.until)
        return and_(*parts)


class Ratings:
    """Keeps ratings, and reads all answers: these and those that came with contacts."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def save(
        self, product_id: ProductId, received: RatingReceived, *, now: datetime
    ) -> RatingResult:
        """Keep it; a later message about the same one completes or corrects it.

        What is left out keeps what was told before: "asked" may arrive after "answered". An answer
        without a moment is of when it came first.
        """
        is_answer = received.score is not None
        values = {
            "metric": received.metric.value,
            "low": received.scale.low,
            "high": received.scale.high,
            "higher_is_better": received.scale.higher_is_better,
            "score": received.score,
            "contact": received.contact,
            "conversation": received.conversation,
            "offered_at": received.offered_at,
            "answered_at": received.answered_at or (now if is_answer else None),
        }
        names = {"source": received.source, "external_id": received.external_id}
        added = insert(RatingRow).values(product_id=product_id, **names, **values, created_at=now)
        query = added.on_conflict_do_nothing().returning(RatingRow.id)
        if self._session.scalars(query).first() is not None:
            return RatingResult.NEW
        known = self._session.scalars(
            select(RatingRow)
            .where(
                RatingRow.product_id == product_id,
                RatingRow.source == received.source,
                RatingRow.external_id == received.external_id,
            )
            .with_for_update(),
            execution_options={"populate_existing": True},
        ).one()
        told = {name: value for name, value in values.items() if value is not None}
        if received.answered_at is None and known.answered_at is not None:
            told.pop("answered_at", None)
        if all(getattr(known, name) == value for name, value in told.items()):
            return RatingResult.UNCHANGED
        for name, value in told.items():
            setattr(known, name, value)
        self._session.flush()
        return RatingResult.UPDATED

    def take_offer_back(self, product_id: ProductId, metric: Metric, external_id: str) -> None:
        """It was not asked after all; what was answered stays."""
        self._session.execute(
            delete(RatingRow).where(
                RatingRow.product_id == product_id,
                RatingRow.external_id == external_id,
                RatingRow.metric == metric.value,
                RatingRow.score.is_(None),
            )
        )

    def answers(
        self,
        product_id: ProductId,
        *,
        issue_id: IssueId | None = None,
        period: Period | None = None,
    ) -> list[Answer]:
        """Every answer and every open question, of an issue or of all contacts.

        A rating of a contact replaces what that contact itself said under the same metric.
        """
        period = period or Period()
        found = [
            _answer_of(row)
            for row in self._session.execute(_later(product_id, issue_id, period)).mappings()
        ]
        found += _own(self._session.execute(_with_contacts(product_id, issue_id, period)))
        return sorted(found, key=lambda one: one.at)


def _later(
    product_id: ProductId, issue_id: IssueId | None, period: Period
) -> Select[*tuple[Any, ...]]:
    """Ratings that came by themselves, each once, with the newest contact they are about."""
    at = func.coalesce(RatingRow.answered_at, RatingRow.offered_at, RatingRow.created_at)
    same_source = and_(
        ContactRow.product_id == RatingRow.product_id, ContactRow.source == RatingRow.source
    )
    by_contact = and_(same_source, ContactRow.external_id == RatingRow.contact)
    by_conversation = and_(
        same_source,
        RatingRow.contact.is_(None),
        ContactRow.conversation == RatingRow.conversation,
    )
    # One query each: an OR in the join would use neither index.
    pairs = union_all(
        *(
            select(RatingRow.id, ContactRow.id.label("contact_id"), ContactRow.channel)
            .join(ContactRow, condition)
            .where(RatingRow.product_id == product_id)
            for condition in (by_contact, by_conversation)
        )
    ).subquery("pairs")
    query = (
        select(RatingRow.__table__, at.label("at"), pairs.c.channel)
        .select_from(RatingRow)
        .where(RatingRow.product_id == product_id, period.holds(at))
        .ext(distinct_on(RatingRow.id))
        .order_by(RatingRow.id, pairs.c.contact_id.desc())
    )
    if issue_id is None:
        return query.outerjoin(pairs, pairs.c.id == RatingRow.id)
    return query.join(pairs, pairs.c.id == RatingRow.id).where(_is_on(issue_id, pairs.c.contact_id))


def _with_contacts(
    product_id: ProductId, issue_id: IssueId | None, period: Period
) -> Select[*tuple[Any, ...]]:
    """What contacts carried themselves, unless it came by itself too."""
    came_itself = exists().where(
        RatingRow.product_id == ContactRow.product_id,
        RatingRow.source == ContactRow.source,
        RatingRow.metric == ContactRow.satisfaction_metric,
        or_(
            RatingRow.contact == ContactRow.external_id,
            and_(RatingRow.contact.is_(None), RatingRow.conversation == ContactRow.conversation),
        ),
    )
    query: Select[*tuple[Any, ...]] = select(
        ContactRow.satisfaction_metric,
        ContactRow.satisfaction,
        ContactRow.satisfaction_max,
        ContactRow.channel,
        ContactRow.occurred_at,
    ).where(
        ContactRow.product_id == product_id,
        ContactRow.satisfaction.is_not(None),
        ContactRow.satisfaction_metric.in_([one.value for one in Metric]),
        period.holds(ContactRow.occurred_at),
        ~came_itself,
    )
    return query if issue_id is None else query.where(_is_on(issue_id, ContactRow.id))


def _is_on(issue_id: IssueId, contact_id: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a column
    return exists().where(
        AssignmentRow.contact_id == contact_id,
        AssignmentRow.issue_id == issue_id,
        AssignmentRow.ended_at.is_(None),
    )


def _answer_of(row: Any) -> Answer:  # noqa: ANN401 - a row mapping
    return Answer(
        metric=Metric(row["metric"]),
        scale=Scale(row["low"], row["high"], row["higher_is_better"]),
        score=row["score"],
        channel=row["channel"] or _NO_CHANNEL,
        is_offer_known=row["offered_at"] is not None,
        at=row["at"],
    )


def _own(rows: Any) -> Iterator[Answer]:  # noqa: ANN401 - a result
    for metric, share, high, channel, at in rows:
        usual = SCALES[Metric(metric)]
        scale = usual
        if high is not None:
            scale = Scale(0.0 if high <= 1 else usual.low, high)
        score = scale.low + share * (scale.high - scale.low)
        yield Answer(Metric(metric), scale, score, channel, is_offer_known=False, at=at)
