"""Lines of contacts: who used which, and which of them are templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ContactId, ProductId, RedactedText
from bridge.store.tables import ContactRow, LineUseRow, TemplateRow


@dataclass(frozen=True, slots=True)
class CommonLine:
    """A line that many people used; of the line itself only the hash is kept."""

    hash: bytes
    customers: int


@dataclass(frozen=True, slots=True)
class Template:
    """A line that is left out, unless a person kept it."""

    words: str
    is_kept: bool
    found_at: datetime


class Templates:
    """Notes lines, counts the people behind them, and keeps what was found to be a template."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def note(
        self,
        product_id: ProductId,
        contact_id: ContactId,
        customer_id: int | None,
        hashes: Sequence[bytes],
        *,
        now: datetime,
    ) -> None:
        """A contact has these lines; an anonymous one counts as a person of its own."""
        if hashes:
            rows = [
                {
                    "product_id": product_id,
                    "hash": one,
                    "contact_id": contact_id,
                    "who": customer_id if customer_id is not None else -contact_id,
                    "at": now,
                }
                for one in hashes
            ]
            self._session.execute(insert(LineUseRow).on_conflict_do_nothing(), rows)

    def known(self, product_id: ProductId) -> frozenset[bytes]:
        """The hashes of the product's templates."""
        query = select(TemplateRow.hash).where(
            TemplateRow.product_id == product_id, TemplateRow.is_kept.is_(False)
        )
        return frozenset(self._session.scalars(query))

    def common(
        self, product_id: ProductId, *, least_customers: int, limit: int
    ) -> list[CommonLine]:
        """Lines of at least so many people that are no templates yet, the commonest first."""
        customers = func.count(LineUseRow.who.distinct())
        is_known = select(TemplateRow.hash).where(
            TemplateRow.product_id == LineUseRow.product_id, TemplateRow.hash == LineUseRow.hash
        )
        query = (
            select(LineUseRow.hash, customers)
            .where(LineUseRow.product_id == product_id, ~is_known.exists())
            .group_by(LineUseRow.hash)
            .having(customers >= least_customers)
            .order_by(customers.desc(), LineUseRow.hash)
            .limit(limit)
        )
        return [CommonLine(row[0], row[1]) for row in self._session.execute(query)]

    def texts_with(self, product_id: ProductId, line: bytes, *, limit: int) -> list[RedactedText]:
        """Texts of contacts that have the line, one a person."""
        query = (
            select(ContactRow.text)
            .join(LineUseRow, LineUseRow.contact_id == ContactRow.id)
            .where(LineUseRow.product_id == product_id, LineUseRow.hash == line)
            .ext(distinct_on(LineUseRow.who))
            .order_by(LineUseRow.who, ContactRow.id.desc())
            .limit(limit)
        )
        return [RedactedText(value) for value in self._session.scalars(query)]

    def add(self, product_id: ProductId, line: bytes, *, words: str, now: datetime) -> None:
        """It is a template from now on; its words are kept for people to read."""
        values = {"product_id": product_id, "hash": line, "words": words, "found_at": now}
        self._session.execute(insert(TemplateRow).values(values).on_conflict_do_nothing())

    def all(self, product_id: ProductId) -> list[Template]:
        """Every template of the product, those that a person kept too, the oldest first."""
        query = (
            select(TemplateRow.words, TemplateRow.is_kept, TemplateRow.found_at)
            .where(TemplateRow.product_id == product_id)
            .order_by(TemplateRow.found_at, TemplateRow.hash)
        )
        return [Template(*row) for row in self._session.execute(query)]

    def keep(self, product_id: ProductId, words: str) -> bool:
        """A person says that the line states something; False when there is no such template."""
        statement = (
            update(TemplateRow)
            .where(TemplateRow.product_id == product_id, TemplateRow.words == words)
            .values(is_kept=True)
            .returning(TemplateRow.hash)
        )
        return bool(self._session.scalars(statement).all())

    def drop_uses(self, *, before: datetime) -> None:
        """Forget who used which line before that."""
        self._session.execute(delete(LineUseRow).where(LineUseRow.at < before))
