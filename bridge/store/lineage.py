"""Which issues an issue stands for: itself and whatever was merged into it, however long ago."""

from collections.abc import Iterable

from sqlalchemy import CTE, ColumnElement, select
from sqlalchemy.orm import aliased

from bridge.store.tables import IssueRow


def lineage(issue_ids: Iterable[int]) -> CTE:
    """Rows (root, member): each of these issues with itself and all that was merged into it."""
    return lineage_of(IssueRow.id.in_(list(issue_ids)))


def lineage_of(roots: ColumnElement[bool]) -> CTE:
    """The same for the issues of a condition."""
    start = (
        select(IssueRow.id.label("root"), IssueRow.id.label("member"))
        .where(roots)
        .cte("lineage", recursive=True)
    )
    merged = aliased(IssueRow)
    return start.union_all(
        select(start.c.root, merged.id).join(merged, merged.merged_into == start.c.member)
    )
