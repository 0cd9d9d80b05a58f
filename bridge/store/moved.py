"""Filings that were moved off a ticket because people closed it as a duplicate."""

from collections.abc import Sequence
from itertools import pairwise

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from bridge.domain.tickets import FilingId, FilingState, TicketId
from bridge.store.tables import FilingMoveRow, FilingRow


class Moved:
    """Remembers who came from where, as long as nobody has gone back."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def note(self, filing_ids: Sequence[FilingId], ticket_id: TicketId, *, to: TicketId) -> None:
        """These filings were moved off a ticket."""
        if not filing_ids:
            return
        self._session.execute(
            delete(FilingMoveRow).where(
                FilingMoveRow.filing_id.in_(filing_ids), FilingMoveRow.ticket_id == ticket_id
            )
        )
        rows = [
            {"filing_id": one, "ticket_id": ticket_id, "to_ticket_id": to} for one in filing_ids
        ]
        self._session.execute(insert(FilingMoveRow), rows)

    def off(self, ticket_id: TicketId) -> list[FilingId]:
        """The filings that were moved off a ticket, oldest first."""
        query = select(FilingMoveRow.filing_id).where(FilingMoveRow.ticket_id == ticket_id)
        return [FilingId(one) for one in self._session.scalars(query.order_by("filing_id"))]

    def take_back(self, filing_id: FilingId, *, to: TicketId) -> TicketId | None:
        """Point a filing back at a ticket; returns the one it leaves, with our marks on it.

        None, and nothing is pointed, when it is no more where the last move has put it. Moves that
        followed, of a duplicate of a duplicate, are taken back with it.
        """
        query = select(FilingMoveRow).where(FilingMoveRow.filing_id == filing_id)
        moves = list(self._session.scalars(query.order_by(FilingMoveRow.id)))
        places = [place for place, one in enumerate(moves) if one.ticket_id == to]
        if not places:
            return None
        later = moves[places[0] :]
        last = later[-1].to_ticket_id
        is_one_way = all(a.to_ticket_id == b.ticket_id for a, b in pairwise(later))
        ids = [one.id for one in later]
        self._session.execute(delete(FilingMoveRow).where(FilingMoveRow.id.in_(ids)))
        filing = self._session.get_one(
            FilingRow, filing_id, populate_existing=True, with_for_update=True
        )
        is_there = filing.state == FilingState.LINKED.value and filing.ticket_id == last
        if not (is_one_way and is_there):
            return None
        filing.ticket_id, filing.left_ticket_id = to, last
        self._session.flush()
        return TicketId(last)
