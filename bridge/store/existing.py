"""Existing tickets: what people wrote into the tracker, for the look before filing.

Texts are redacted before they come here. Vectors name their encoder, so that two are never mixed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import LargeBinary, Select, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId, RedactedText
from bridge.domain.grouping import SuggestionState
from bridge.domain.issues import Outcome
from bridge.domain.tickets import ExistingTicket, StatusCategory, TicketRef, TicketStatus
from bridge.store.tables import ExistingTicketRow, FilingRow, SuggestionRow, TicketRow
from bridge.store.vectors import Array, halves

_EMBEDDING = func.halfvec_send(ExistingTicketRow.embedding, type_=LargeBinary)


@dataclass(frozen=True, slots=True)
class Written:
    """A ticket to be kept: what people wrote, redacted, with its vector."""

    status: TicketStatus
    title: RedactedText
    text: RedactedText
    encoder: str
    vector: Array


class ExistingTickets:
    """Reads and writes the tickets of one connection at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def keep(self, product_id: ProductId, connection_id: int, tickets: Sequence[Written]) -> None:
        """Know these tickets as they are now."""
        for one in tickets:
            named = {"connection_id": connection_id, "remote_id": one.status.ref.remote_id}
            told = {
                **_status(one.status),
                "title": one.title,
                "text": one.text,
                "encoder": one.encoder,
                "embedding": one.vector,
            }
            statement = insert(ExistingTicketRow).values(product_id=product_id, **named, **told)
            self._session.execute(
                statement.on_conflict_do_update(index_elements=list(named), set_=told)
            )

    def note_status(self, connection_id: int, status: TicketStatus) -> None:
        """Store how a ticket stands, read directly."""
        self._session.execute(
            update(ExistingTicketRow)
            .where(
                ExistingTicketRow.connection_id == connection_id,
                ExistingTicketRow.remote_id == status.ref.remote_id,
            )
            .values(_status(status))
        )

    def forget(self, connection_id: int, remote_ids: Sequence[str]) -> None:
        """They are gone, hidden from us, or ours by now: nobody is asked about them any more."""
        if not remote_ids:
            return
        which = and_(
            ExistingTicketRow.connection_id == connection_id,
            ExistingTicketRow.remote_id.in_(remote_ids),
        )
        self._session.execute(
            update(SuggestionRow)
            .where(
                SuggestionRow.existing_id.in_(select(ExistingTicketRow.id).where(which)),
                SuggestionRow.state == SuggestionState.OPEN.value,
            )
            .values(state=SuggestionState.WITHDRAWN.value, version=SuggestionRow.version + 1)
            .execution_options(synchronize_session=False)
        )
        self._session.execute(delete(ExistingTicketRow).where(which))

    def filed(self, connection_id: int) -> list[str]:
        """Remote ids of those that a filing points to by now."""
        query = (
            select(ExistingTicketRow.remote_id)
            .join(
                TicketRow,
                and_(
                    TicketRow.connection_id == ExistingTicketRow.connection_id,
                    TicketRow.remote_id == ExistingTicketRow.remote_id,
                ),
            )
            .join(FilingRow, FilingRow.ticket_id == TicketRow.id)
            .where(ExistingTicketRow.connection_id == connection_id)
        )
        return list(self._session.scalars(query))

    def get(self, product_id: ProductId, existing_id: int) -> ExistingTicket | None:
        """The ticket of that id, unless it was forgotten."""
        query = select(ExistingTicketRow).where(
            ExistingTicketRow.product_id == product_id, ExistingTicketRow.id == existing_id
        )
        row = self._session.scalars(query).first()
        return _ticket(row) if row else None

    def several(self, existing_ids: Sequence[int]) -> dict[int, ExistingTicket]:
        """These tickets, by id; forgotten ones are missing."""
        query = select(ExistingTicketRow).where(ExistingTicketRow.id.in_(existing_ids))
        return {one.id: one for one in self._read(query)}

    def vectors(
        self, connection_id: int, encoder: str, *, closed_since: datetime
    ) -> list[tuple[int, Array]]:
        """Ids and vectors of open tickets, and of those that changed since then."""
        query = select(ExistingTicketRow.id, _EMBEDDING).where(
            ExistingTicketRow.connection_id == connection_id,
            ExistingTicketRow.encoder == encoder,
            or_(
                ExistingTicketRow.category != StatusCategory.DONE.value,
                ExistingTicketRow.updated_at >= closed_since,
            ),
        )
        ordered = query.order_by(ExistingTicketRow.id)
        return [(row[0], halves(row[1])) for row in self._session.execute(ordered)]

    def of_other_encoders(
        self, connection_id: int, encoder: str, *, limit: int
    ) -> list[ExistingTicket]:
        """Some of the tickets whose vectors are another encoder's."""
        query = select(ExistingTicketRow).where(
            ExistingTicketRow.connection_id == connection_id, ExistingTicketRow.encoder != encoder
        )
        return self._read(query.order_by(ExistingTicketRow.id).limit(limit))

    def encode_again(self, existing_id: int, encoder: str, vector: Array) -> None:
        """Replace a vector by one of another encoder."""
        self._session.execute(
            update(ExistingTicketRow)
            .where(ExistingTicketRow.id == existing_id)
            .values(encoder=encoder, embedding=vector)
        )

    def count(self, connection_id: int) -> int:
        """How many tickets of the connection are known."""
        query = select(func.count()).where(ExistingTicketRow.connection_id == connection_id)
        return self._session.scalars(query).one()

    def _read(self, query: Select[ExistingTicketRow]) -> list[ExistingTicket]:
        return [_ticket(row) for row in self._session.scalars(query)]


def _status(status: TicketStatus) -> dict[str, object]:
    return {
        "key": status.ref.key,
        "url": status.ref.url,
        "category": status.category.value,
        "outcome": status.outcome.value if status.outcome else None,
        "updated_at": status.updated_at,
    }


def _ticket(row: ExistingTicketRow) -> ExistingTicket:
    return ExistingTicket(
        id=row.id,
        connection_id=row.connection_id,
        ref=TicketRef(row.remote_id, row.key, row.url),
        title=RedactedText(row.title),
        text=RedactedText(row.text),
        category=StatusCategory(row.category),
        outcome=Outcome(row.outcome) if row.outcome else None,
        updated_at=row.updated_at,
    )
