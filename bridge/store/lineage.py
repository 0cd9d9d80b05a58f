"""Which issues an issue stands for: itself and whatever was merged into it, however long ago."""

from collections.abc import Iterable

from sqlalchemy import CTE, select
from sqlalchemy.orm import aliased

from bridge.store.tables import IssueRow


def lineage(issue_ids: Iterable[int]) -> CTE:
    """Rows (root, member): each of these issues with itself and all that was merged into it."""
    start = (
        select(IssueRow.id.label("root"), IssueRow.id.label("member"))
        .where(IssueRow.id.in_(list(issue_ids)))
        .cte("lineage", recursive=True)
    )
    merged = aliased(IssueRow)
    return start.union_all(
        select(start.c.root, merged.id).join(merged, merged.merged_into == start.c.member)
    )
