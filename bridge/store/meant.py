"""Which issues a release is meant for, as their tickets say."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Text, any_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.issues import FIXED, IssueId, IssueState
from bridge.store.lineage import lineage
from bridge.store.tables import FilingRow, FixRow, IssueRow, ReleaseRow, TicketRow
from bridge.store.tickets import Ticket, Tickets


class Meant:
    """Reads what tickets say about where their fix is."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def meant_for(self, product_id: ProductId, version: str) -> list[IssueId]:
        """Issues that engineering is done with, whose ticket has a fix version of that name.

        Those that have shipped already too: the version may be a back-port.
        """
        named = any_(TicketRow.versions) == version
        return self._done_with(product_id, (*FIXED, IssueState.RESOLVED), named)

    def awaiting(self, product_id: ProductId, version: str) -> list[IssueId]:
        """Those of them that no such release is known to fix."""
        wanted = self.meant_for(product_id, version)
        family = lineage(wanted)
        known = (
            select(IssueRow.id)
            .join(family, family.c.root == IssueRow.id)
            .join(FixRow, FixRow.issue_id == family.c.member)
            .join(ReleaseRow, ReleaseRow.id == FixRow.release_id)
            .where(
                ReleaseRow.product_id == product_id,
                ReleaseRow.version == version,
                ReleaseRow.withdrawn_at.is_(None),
                IssueRow.state.in_([state.value for state in FIXED]),
            )
        )
        shipped = set(self._session.scalars(known))
        return [one for one in wanted if one not in shipped]

    def done_before(self, product_id: ProductId, moment: datetime) -> list[IssueId]:
        """Resolved issues whose tickets name no version and were known to be done by then.

        Those too whose fix was out before and was taken back: engineering is done with them.
        """
        resolved = self._done_with(
            product_id, (IssueState.RESOLVED,), func.cardinality(TicketRow.versions) == 0
        )
        family = lineage(resolved)
        query = (
            select(IssueRow.id)
            .join(family, family.c.root == IssueRow.id)
            .join(FixRow, FixRow.issue_id == family.c.member)
            .where(FixRow.episode == IssueRow.episode, FixRow.created_at <= moment)
            .distinct()
            .order_by(IssueRow.id)
        )
        return [IssueId(value) for value in self._session.scalars(query)]

    def done_tickets(self, product_id: ProductId) -> list[Ticket]:
        """The tickets of resolved issues."""
        resolved = select(IssueRow.id).where(
            IssueRow.product_id == product_id,
            IssueRow.state == IssueState.RESOLVED.value,
            IssueRow.merged_into.is_(None),
        )
        issue_ids = [IssueId(value) for value in self._session.scalars(resolved)]
        found = Tickets(self._session).of_issues(issue_ids).values()
        return list({ticket.id: ticket for tickets in found for ticket in tickets}.values())

    def of_tickets(self, product_id: ProductId, keys: Sequence[str]) -> list[IssueId]:
        """The issues whose tickets have one of these keys, now or before they were moved."""
        if not keys:
            return []
        before = TicketRow.old_keys.op("&&")(cast(array(keys), ARRAY(Text)))
        query = (
            select(FilingRow.issue_id)
            .join(TicketRow, TicketRow.id == FilingRow.ticket_id)
            .where(
                TicketRow.product_id == product_id,
                or_(TicketRow.key.in_(keys), before),
                TicketRow.is_deleted.is_(False),
            )
            .distinct()
            .order_by(FilingRow.issue_id)
        )
        return [IssueId(value) for value in self._session.scalars(query)]

    def out_of(self, product_id: ProductId, versions: Iterable[str]) -> set[str]:
        """Those of these versions that customers can get."""
        query = select(ReleaseRow.version).where(
            ReleaseRow.product_id == product_id,
            ReleaseRow.version.in_(list(versions)),
            ReleaseRow.withdrawn_at.is_(None),
        )
        return set(self._session.scalars(query))

    def _done_with(
        self,
        product_id: ProductId,
        states: Sequence[IssueState],
        condition: ColumnElement[bool],
    ) -> list[IssueId]:
        done = select(IssueRow.id).where(
            IssueRow.product_id == product_id,
            IssueRow.state.in_([state.value for state in states]),
            IssueRow.merged_into.is_(None),
        )
        family = lineage(self._session.scalars(done))
        query = (
            select(IssueRow.id)
            .join(family, family.c.root == IssueRow.id)
            .join(FilingRow, FilingRow.issue_id == family.c.member)
            .join(TicketRow, TicketRow.id == FilingRow.ticket_id)
            .where(condition, TicketRow.is_deleted.is_(False))
            .distinct()
            .order_by(IssueRow.id)
        )
        return [IssueId(value) for value in self._session.scalars(query)]
