"""Contacts as stored: redacted text in clear, the original encrypted."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import LargeBinary, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from bridge.domain.contacts import (
    Contact,
    ContactId,
    ContactNature,
    ContactOutcome,
    ProductId,
    RedactedText,
)
from bridge.domain.errors import NotFound
from bridge.domain.people import MACHINE
from bridge.store.tables import AssignmentRow, ContactRawRow, ContactRow
from bridge.store.trips import Statement, run


@dataclass(frozen=True, slots=True)
class ContactDraft:
    """A contact ready to be stored; texts are redacted, `sealed` is the encrypted original."""

    source: str
    external_id: str
    channel: str
    occurred_at: datetime
    updated_at: datetime | None
    content_hash: bytes
    subject: RedactedText
    text: RedactedText
    text_hash: bytes
    nature: ContactNature
    lang: str | None
    version: str | None
    platform: str | None
    conversation: str | None
    satisfaction_metric: str | None
    satisfaction: float | None
    satisfaction_max: float | None
    customer_id: int | None
    account_id: int | None
    agent_id: int | None
    placed_at: datetime | None
    """Set at the door when there is nothing to place; None lets the finder look."""

    def values(self) -> dict[str, object]:
        """Column values."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return values | {"nature": self.nature.value, "outcome": ContactOutcome.ACCEPTED.value}


@dataclass(frozen=True, slots=True)
class KnownContact:
    """What is needed to tell a repeat from a change."""

    id: ContactId
    content_hash: bytes
    text_hash: bytes
    updated_at: datetime | None
    is_set_aside: bool


@dataclass(frozen=True, slots=True)
class AssignedContact:
    """A contact on an issue, with why it is there."""

    contact: Contact
    similarity: float
    threshold: float
    runner_up_id: int | None
    runner_up_similarity: float | None
    actor: str
    reason: str
    is_late: bool
    """It joined at even odds, because the fix was out."""
    placed_at: datetime

    @property
    def is_placed_by_person(self) -> bool:
        """Whether a person put it there, so that the machine leaves it."""
        return self.actor != MACHINE.name


_KNOWN = Statement(
    select(
        ContactRow.id,
        ContactRow.content_hash,
        ContactRow.text_hash,
        ContactRow.updated_at,
        ContactRow.outcome == ContactOutcome.QUARANTINED.value,
    )
    .where(
        ContactRow.product_id == bindparam("product_id"),
        ContactRow.source == bindparam("source"),
        ContactRow.external_id == bindparam("external_id"),
    )
    .with_for_update()
)


def _add() -> ReturningInsert[int]:
    """One statement for a contact and its original: every contact costs one trip less."""
    columns = [field.name for field in fields(ContactDraft)]
    columns += ["product_id", "attempts", "outcome"]
    contact = (
        insert(ContactRow)
        .values({name: bindparam(name) for name in columns})
        .on_conflict_do_nothing()
        .returning(ContactRow.id)
        .cte("contact_added")
    )
    original = select(contact.c.id, bindparam("cipher", type_=LargeBinary))
    return (
        insert(ContactRawRow)
        .from_select(["contact_id", "cipher"], original)
        .returning(ContactRawRow.contact_id)
    )


_ADD = Statement(_add())


class Contacts:
    """Reads and changes contacts of one product at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def known(self, product_id: ProductId, source: str, external_id: str) -> KnownContact | None:
        """The stored contact of that name, locked until the block ends."""
        given = {"product_id": product_id, "source": source, "external_id": external_id}
        row = run(self._session, _KNOWN, given).fetchone()
        return KnownContact(ContactId(row[0]), *row[1:]) if row else None

    def add(self, product_id: ProductId, draft: ContactDraft, *, sealed: bytes) -> ContactId | None:
        """Store it; None when another transaction stored one of that name first."""
        values = {"product_id": product_id, "attempts": 0, "cipher": sealed, **draft.values()}
        row = run(self._session, _ADD, values).fetchone()
        return ContactId(row[0]) if row else None

    def replace(self, contact_id: ContactId, draft: ContactDraft, *, sealed: bytes) -> None:
        """Overwrite with a newer version, at which the finder has not looked."""
        values = {**draft.values(), "attempts": 0, "outcome_reason": None}
        self._overwrite(contact_id, values, sealed=sealed)

    def amend(self, contact_id: ContactId, draft: ContactDraft, *, sealed: bytes) -> None:
        """Overwrite with a newer version of the same text: what the finder thinks of it stays."""
        values = draft.values()
        for judged in ("nature", "outcome", "placed_at"):
            del values[judged]
        self._overwrite(contact_id, values, sealed=sealed)

    def _overwrite(
        self, contact_id: ContactId, values: dict[str, object], *, sealed: bytes
    ) -> None:
        self._session.execute(
            update(ContactRow).where(ContactRow.id == contact_id).values(**values)
        )
        raw = insert(ContactRawRow).values(contact_id=contact_id, cipher=sealed)
        self._session.execute(
            raw.on_conflict_do_update(index_elements=["contact_id"], set_={"cipher": sealed})
        )

    def get(self, product_id: ProductId, contact_id: int) -> Contact:
        """The contact of that id in that product."""
        row = self._session.get(ContactRow, contact_id, populate_existing=True)
        if row is None or row.product_id != product_id:
            raise NotFound("no such contact")
        return contact_of(row)

    def newest_texts(self, product_id: ProductId, *, limit: int) -> list[RedactedText]:
        """Texts of the product's newest contacts that can state a problem."""
        query = (
            select(ContactRow.text)
            .where(
                ContactRow.product_id == product_id,
                ContactRow.nature == ContactNature.MESSAGE.value,
            )
            .order_by(ContactRow.id.desc())
            .limit(limit)
        )
        return [RedactedText(value) for value in self._session.scalars(query)]

    def waiting_since(self, product_id: ProductId) -> tuple[int, datetime | None]:
        """How many contacts the finder has not looked at, and when the oldest came in."""
        query = select(func.count(), func.min(ContactRow.created_at)).where(
            ContactRow.product_id == product_id,
            ContactRow.placed_at.is_(None),
            ContactRow.nature == ContactNature.MESSAGE.value,
            ContactRow.outcome == ContactOutcome.ACCEPTED.value,
        )
        row = self._session.execute(query).one()
        return row[0], row[1]

    def note_failure(self, contact_id: int, *, reason: str, tries: int) -> bool:
        """Count a failed try; after `tries` of them set the contact aside and return True."""
        attempts = self._session.scalars(
            update(ContactRow)
            .where(ContactRow.id == contact_id)
            .values(attempts=ContactRow.attempts + 1, outcome_reason=reason)
            .returning(ContactRow.attempts)
        ).one()
        if attempts < tries:
            return False
        self._session.execute(
            update(ContactRow)
            .where(ContactRow.id == contact_id)
            .values(outcome=ContactOutcome.QUARANTINED.value)
        )
        return True

    def on_issue(
        self, issue_id: int, *, limit: int, before: ContactId | None = None
    ) -> list[AssignedContact]:
        """Contacts of an issue, newest id first."""
        query = (
            select(ContactRow, AssignmentRow)
            .join(AssignmentRow, AssignmentRow.contact_id == ContactRow.id)
            .where(AssignmentRow.issue_id == issue_id, AssignmentRow.ended_at.is_(None))
            # A contact may be here with two of its problems, after a merge.
            .ext(distinct_on(ContactRow.id))
            .order_by(ContactRow.id.desc(), AssignmentRow.part)
            .limit(limit)
        )
        if before is not None:
            query = query.where(ContactRow.id < before)
        return [
            AssignedContact(
                contact=contact_of(row),
                similarity=assignment.similarity,
                threshold=assignment.threshold,
                runner_up_id=assignment.runner_up_id,
                runner_up_similarity=assignment.runner_up_similarity,
                actor=assignment.actor,
                reason=assignment.reason,
                is_late=assignment.is_late,
                placed_at=assignment.created_at,
            )
            for row, assignment in self._session.execute(query)
        ]

    def external_ids(self, issue_ids: Sequence[int], source: str) -> dict[int, list[str]]:
        """The external ids of each issue's contacts from one source."""
        query = (
            select(AssignmentRow.issue_id, ContactRow.external_id)
            .join(AssignmentRow, AssignmentRow.contact_id == ContactRow.id)
            .where(
                AssignmentRow.issue_id.in_(issue_ids),
                AssignmentRow.ended_at.is_(None),
                ContactRow.source == source,
            )
            .order_by(AssignmentRow.id)
        )
        found: dict[int, list[str]] = {issue_id: [] for issue_id in issue_ids}
        for issue_id, external_id in self._session.execute(query):
            found[issue_id].append(external_id)
        return found

    def raw(self, contact_id: ContactId) -> bytes | None:
        """The encrypted original, while retention keeps it."""
        query = select(ContactRawRow.cipher).where(ContactRawRow.contact_id == contact_id)
        return self._session.scalars(query).first()

    def drop_raw(self, product_id: ProductId, *, before: datetime) -> int:
        """Delete the originals of contacts received before that; returns how many."""
        old = select(ContactRow.id).where(ContactRow.product_id == product_id)
        statement = (
            delete(ContactRawRow)
            .where(ContactRawRow.contact_id.in_(old), ContactRawRow.created_at < before)
            .returning(ContactRawRow.contact_id)
        )
        return len(self._session.scalars(statement).all())

    def count(self, product_id: ProductId) -> int:
        """How many contacts the product has."""
        query = select(func.count()).where(ContactRow.product_id == product_id)
        return self._session.scalars(query).one()

    def quarantined(self) -> list[tuple[ContactId, str]]:
        """Contacts that were set aside, with the reason, over all products."""
        query = (
            select(ContactRow.id, ContactRow.outcome_reason)
            .where(ContactRow.outcome == ContactOutcome.QUARANTINED.value)
            .order_by(ContactRow.id)
        )
        return [(ContactId(row[0]), row[1] or "") for row in self._session.execute(query)]


def contact_of(row: ContactRow) -> Contact:
    """The domain object of a row."""
    return Contact(
        id=ContactId(row.id),
        product_id=ProductId(row.product_id),
        source=row.source,
        external_id=row.external_id,
        channel=row.channel,
        occurred_at=row.occurred_at,
        subject=RedactedText(row.subject),
        text=RedactedText(row.text),
        nature=ContactNature(row.nature),
        outcome=ContactOutcome(row.outcome),
        lang=row.lang,
        version=row.version,
        conversation=row.conversation,
        customer_id=row.customer_id,
        account_id=row.account_id,
        agent_id=row.agent_id,
        kind=row.kind,
        kind_confidence=row.kind_confidence,
        platform=row.platform,
    )
