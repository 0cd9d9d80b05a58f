"""What customers may read of issues, and whether a product tells it to everybody."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.issues import Issue, IssueId
from bridge.store.lineage import lineage
from bridge.store.tables import KnownIssueRow, KnownPageRow


@dataclass(frozen=True, slots=True)
class KnownPage:
    """How a product tells its known issues."""

    is_public: bool = False
    shows_counts: bool = False


@dataclass(frozen=True, slots=True)
class ForCustomers:
    """The words that a person wrote for customers."""

    issue_id: IssueId
    title: str
    text: str
    workaround: str
    shown_at: datetime
    updated_at: datetime


class KnownIssues:
    """Reads and changes what customers may read."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def page(self, product_id: ProductId) -> KnownPage:
        """Not public unless somebody said so."""
        row = self._session.get(KnownPageRow, product_id, populate_existing=True)
        return KnownPage() if row is None else KnownPage(row.is_public, row.shows_counts)

    def set_page(self, product_id: ProductId, page: KnownPage) -> None:
        """Switch it."""
        values = {"is_public": page.is_public, "shows_counts": page.shows_counts}
        statement = insert(KnownPageRow).values(product_id=product_id, **values)
        self._session.execute(
            statement.on_conflict_do_update(index_elements=["product_id"], set_=values)
        )

    def find(self, issue_id: IssueId) -> ForCustomers | None:
        """What customers may read of an issue, or of one that was merged into it; None if nothing.

        Its own words come first, then the newest.
        """
        family = lineage([issue_id])
        query = (
            select(KnownIssueRow)
            .join(family, family.c.member == KnownIssueRow.issue_id)
            .order_by(
                KnownIssueRow.issue_id != issue_id,
                KnownIssueRow.shown_at.desc(),
                KnownIssueRow.issue_id.desc(),
            )
            .limit(1)
        )
        row = self._session.scalars(query, execution_options={"populate_existing": True}).first()
        return None if row is None else _told(row)

    def show(self, issue: Issue, *, title: str, text: str, workaround: str, now: datetime) -> None:
        """Show it in these words from now on; the same words again are nothing new."""
        words = {"title": title, "text": text, "workaround": workaround, "updated_at": now}
        statement = insert(KnownIssueRow).values(
            issue_id=issue.id, product_id=issue.product_id, shown_at=now, **words
        )
        new = statement.excluded
        is_new = or_(
            KnownIssueRow.title != new.title,
            KnownIssueRow.text != new.text,
            KnownIssueRow.workaround != new.workaround,
        )
        self._session.execute(
            statement.on_conflict_do_update(index_elements=["issue_id"], set_=words, where=is_new)
        )

    def hide(self, issue_id: IssueId) -> bool:
        """Show it no more; whether it was shown."""
        statement = delete(KnownIssueRow).where(KnownIssueRow.issue_id == issue_id)
        gone = self._session.scalars(statement.returning(KnownIssueRow.issue_id)).first()
        return gone is not None

    def of_product(self, product_id: ProductId) -> list[ForCustomers]:
        """All that is shown, newest first."""
        query = (
            select(KnownIssueRow)
            .where(KnownIssueRow.product_id == product_id)
            .order_by(KnownIssueRow.shown_at.desc(), KnownIssueRow.issue_id.desc())
        )
        return [_told(row) for row in self._session.scalars(query)]


def _told(row: KnownIssueRow) -> ForCustomers:
    return ForCustomers(
        issue_id=IssueId(row.issue_id),
        title=row.title,
        text=row.text,
        workaround=row.workaround,
        shown_at=row.shown_at,
        updated_at=row.updated_at,
    )
