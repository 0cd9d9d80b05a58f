"""Issues and the assignments of contacts to them: found by name, changed, forwarded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from bridge.domain.contacts import ContactId, ProductId
from bridge.domain.errors import NotFound, Outdated
from bridge.domain.issues import FIXED, Issue, IssueId, IssueState
from bridge.domain.people import MACHINE
from bridge.store.issue_lists import IssueFilter, IssueLists, IssueSummary, issue_from
from bridge.store.issue_numbers import VersionSeen
from bridge.store.lineage import lineage
from bridge.store.tables import AssignmentRow, ContactRow, IssueRow

__all__ = ["IssueFilter", "IssueSummary", "Issues", "Place", "VersionSeen"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contact goes, and why."""

    contact_id: ContactId
    issue_id: IssueId
    similarity: float
    threshold: float
    encoder: str
    actor: str
    reason: str
    runner_up_id: int | None = None
    runner_up_similarity: float | None = None
    part: int = 0
    """Which of the problems that the contact states; the first is its main one."""
    is_late: bool = False
    """It joins at even odds, because the fix is out."""

    def values(self, product_id: ProductId, *, now: datetime) -> dict[str, object]:
        """Column values of the assignment."""
        return {**asdict(self), "product_id": product_id, "created_at": now}


class Issues(IssueLists):
    """Reads and changes issues."""

    def get(self, product_id: ProductId, issue_id: int, *, lock: bool = False) -> Issue:
        """The issue of that id in that product, locked until the block ends if asked."""
        query = select(IssueRow).where(IssueRow.id == issue_id, IssueRow.product_id == product_id)
        if lock:
            query = query.with_for_update()
        row = self._session.scalars(query, execution_options={"populate_existing": True}).first()
        if row is None:
            raise NotFound("no such issue")
        return issue_from(row)

    def standing_for(self, product_id: ProductId, issue_id: int, *, lock: bool = False) -> Issue:
        """The issue that stands for this one now: itself, or the survivor of its merges."""
        found = self.get(product_id, issue_id)
        while found.merged_into is not None:
            found = self.get(product_id, found.merged_into)
            if lock and found.merged_into is None:
                # Only the last one is locked; whoever merged it meanwhile is seen in the row.
                found = self.get(product_id, found.id, lock=True)
        return self.get(product_id, found.id, lock=True) if lock else found

    def standing(self, product_id: ProductId, issue_ids: Iterable[int]) -> list[IssueId]:
        """The issues that stand for these now, each once, in the same order."""
        found = (self.standing_for(product_id, one).id for one in issue_ids)
        return list(dict.fromkeys(found))

    def family(self, issue_id: IssueId) -> list[IssueId]:
        """The issue with all that was merged into it, however long ago."""
        members = lineage([issue_id])
        return [IssueId(value) for value in self._session.scalars(select(members.c.member))]

    def by_number(self, product_id: ProductId, number: int) -> Issue:
        """The issue ISS-<number> of that product; 0 stands for a number that is too large."""
        if number < 1:
            raise NotFound("no issue has so large a number")
        query = select(IssueRow).where(IssueRow.product_id == product_id, IssueRow.number == number)
        row = self._session.scalars(query, execution_options={"populate_existing": True}).first()
        if row is None:
            raise NotFound(f"no issue is called ISS-{number}")
        return issue_from(row)

    def names(self, product_id: ProductId, issue_ids: Iterable[int]) -> dict[int, str]:
        """The public names (ISS-<number>) of these issues."""
        query = select(IssueRow.id, IssueRow.number).where(
            IssueRow.product_id == product_id, IssueRow.id.in_(set(issue_ids))
        )
        return {row[0]: f"ISS-{row[1]}" for row in self._session.execute(query)}

    def titles(self, issue_ids: Iterable[int]) -> dict[IssueId, str]:
        """What these issues are called."""
        query = select(IssueRow.id, IssueRow.title).where(IssueRow.id.in_(set(issue_ids)))
        return {IssueId(row[0]): row[1] for row in self._session.execute(query)}

    def add(
        self, product_id: ProductId, *, number: int, title: str, terms: Sequence[str], now: datetime
    ) -> IssueId:
        """A new candidate."""
        row = IssueRow(
            product_id=product_id,
            number=number,
            state=IssueState.CANDIDATE.value,
            title=title,
            key_terms=list(terms),
            created_at=now,
        )
        self._session.add(row)
        self._session.flush()
        return IssueId(row.id)

    def change(self, issue: Issue, changes: Mapping[str, object]) -> Issue:
        """Change columns, unless somebody changed the issue since it was read."""
        statement = (
            update(IssueRow)
            .where(IssueRow.id == issue.id, IssueRow.version == issue.version)
            .values({**changes, "version": IssueRow.version + 1})
            .returning(IssueRow.id)
        )
        if self._session.scalars(statement).first() is None:
            raise Outdated(f"{issue.name} was changed by somebody else meanwhile: look again")
        return self.get(issue.product_id, issue.id)

    def rename(self, issue_id: IssueId, title: str, terms: Sequence[str]) -> None:
        """Write the machine's newest title; one that a person chose stays, with ours beside it."""
        chosen = IssueRow.suggested_title.is_not(None)
        self._session.execute(
            update(IssueRow)
            .where(IssueRow.id == issue_id)
            .values(
                title=case((chosen, IssueRow.title), else_=title),
                suggested_title=case((chosen, title), else_=None),
                key_terms=list(terms),
            )
            .execution_options(synchronize_session=False)
        )

    def choose_title(self, issue_id: IssueId, title: str) -> None:
        """A person names the issue; the machine's title is kept beside it."""
        self._session.execute(
            update(IssueRow)
            .where(IssueRow.id == issue_id)
            .values(title=title, suggested_title=IssueRow.title)
            .execution_options(synchronize_session=False)
        )

    def assign_all(self, product_id: ProductId, places: Sequence[Place], *, now: datetime) -> None:
        """Put the main problems of contacts on issues, ending where they were before."""
        if not places:
            return
        self.unassign([place.contact_id for place in places], now=now)
        rows = [one.values(product_id, now=now) for one in places]
        self._session.execute(insert(AssignmentRow).values(rows))

    def unassign(self, contact_ids: Sequence[int], *, now: datetime) -> None:
        """Take these contacts off their issues; their further problems stay where they are."""
        self._end(contact_ids, AssignmentRow.part == 0, now=now)

    def take_off(self, contact_ids: Sequence[int], *, now: datetime) -> None:
        """Take these contacts and their further problems off, but for what a person placed."""
        is_free = or_(AssignmentRow.part != 0, AssignmentRow.actor == MACHINE.name)
        self._end(contact_ids, is_free, now=now)

    def _end(
        self, contact_ids: Sequence[int], which: ColumnElement[bool], *, now: datetime
    ) -> None:
        living = AssignmentRow.contact_id.in_(contact_ids), AssignmentRow.ended_at.is_(None)
        self._session.execute(update(AssignmentRow).where(*living, which).values(ended_at=now))

    def homes_at_arrival(self, product_id: ProductId) -> dict[ContactId, IssueId]:
        """Where each contact was put the first time the finder looked at it, if anywhere."""
        query = (
            select(AssignmentRow.contact_id, AssignmentRow.issue_id)
            .join(ContactRow, ContactRow.id == AssignmentRow.contact_id)
            .where(
                AssignmentRow.product_id == product_id,
                AssignmentRow.created_at == ContactRow.placed_at,
                AssignmentRow.part == 0,
            )
            .order_by(AssignmentRow.id.desc())
        )
        # Written last, the oldest assignment of that moment is the one of the arrival.
        return {ContactId(row[0]): IssueId(row[1]) for row in self._session.execute(query)}

    def homes(self, product_id: ProductId) -> dict[ContactId, IssueId]:
        """Where the main problem of every assigned contact of a product is now."""
        query = select(AssignmentRow.contact_id, AssignmentRow.issue_id).where(
            AssignmentRow.product_id == product_id,
            AssignmentRow.ended_at.is_(None),
            AssignmentRow.part == 0,
        )
        return {ContactId(row[0]): IssueId(row[1]) for row in self._session.execute(query)}

    def fixed_since(self, product_id: ProductId) -> dict[IssueId, datetime]:
        """When the fix of each issue that has one came out."""
        query = select(IssueRow.id, IssueRow.shipped_at).where(
            IssueRow.product_id == product_id,
            IssueRow.state.in_([state.value for state in FIXED]),
            IssueRow.merged_into.is_(None),
        )
        return {IssueId(row[0]): row[1] for row in self._session.execute(query) if row[1]}

    def survivors(self, product_id: ProductId) -> dict[IssueId, IssueId]:
        """For each merged issue the one that stands for it now, however long the chain."""
        query = select(IssueRow.id, IssueRow.merged_into).where(
            IssueRow.product_id == product_id, IssueRow.merged_into.is_not(None)
        )
        into = {row[0]: row[1] for row in self._session.execute(query) if row[1] is not None}
        found: dict[IssueId, IssueId] = {}
        for start in into:
            end = start
            while end in into:
                end = into[end]
            found[IssueId(start)] = IssueId(end)
        return found
