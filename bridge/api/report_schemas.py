"""The shape of a report."""

from datetime import datetime

from bridge.api.wire import Answer
from bridge.domain.reports import ReportKind


class WeeksOut(Answer):
    """Contacts of whole weeks on either side of a fix, the oldest first."""

    before: list[int]
    after: list[int]
    expected: float
    """A week, had the fix changed nothing; with its 95 % interval."""
    low: float
    high: float
    left_out: tuple[int, int] = (0, 0)
    """Days before the first week that are compared too, and their contacts."""
    begun: tuple[int, int] = (0, 0)
    """The same after the last week."""


class LineOut(Answer):
    """One thing that is told."""

    issue: str
    """Empty where it is about no issue."""
    title: str
    state: str
    told: str
    is_still: bool
    """Nothing has moved since the report before."""
    numbers: dict[str, int]
    path: str
    weeks: WeeksOut | None


class SectionOut(Answer):
    """Lines of one kind; `total` counts those that are not told too."""

    key: str
    title: str
    lines: list[LineOut]
    total: int
    empty: str


class FactOut(Answer):
    """Something about the whole product."""

    name: str
    told: str
    path: str


class ReportOut(Answer):
    """What was said, or would be said now, about a week or a day."""

    kind: ReportKind
    product: str
    product_name: str
    name: str
    title: str
    made_at: datetime
    is_whole: bool
    facts: list[FactOut]
    sections: list[SectionOut]
    link: str
