"""What people are told on a fixed rhythm: a week for engineering, a day for leads."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from bridge.domain.errors import InvalidInput

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_WEEK_NAME = re.compile(r"([0-9]{4})-W([0-9]{2})", re.ASCII)
_DAY_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class ReportKind(StrEnum):
    """How often, and for whom."""

    WEEKLY = "weekly"
    """For engineering."""
    DAILY = "daily"
    """For leads."""


_FIRST_YEAR = 1970
"""Earlier days are slips of the pen."""


@dataclass(frozen=True, slots=True)
class Span:
    """The time a report is about, with its name: 2026-W47 (ISO week, in UTC) or 2026-11-20."""

    kind: ReportKind
    name: str
    since: datetime
    until: datetime

    @classmethod
    def named(cls, kind: ReportKind, name: str) -> "Span":
        """Read a name; raises InvalidInput."""
        try:
            day = _first_day(kind, name)
            if day.year < _FIRST_YEAR:
                raise ValueError("long before there were reports")
            return cls.holding(kind, datetime.combine(day, time(tzinfo=UTC)))
        except (ValueError, OverflowError) as error:
            shape = "2026-W47" if kind is ReportKind.WEEKLY else "2026-11-20"
            raise InvalidInput(f"say it as {shape}, not {name[:20]!r}") from error

    @classmethod
    def holding(cls, kind: ReportKind, moment: datetime) -> "Span":
        """The week or day that a moment lies in."""
        day = datetime.combine(moment.astimezone(UTC).date(), time(tzinfo=UTC))
        if kind is ReportKind.DAILY:
            return cls(kind, day.date().isoformat(), day, day + _DAY)
        first = day - day.weekday() * _DAY
        year, week, _ = first.isocalendar()
        return cls(kind, f"{year}-W{week:02}", first, first + _WEEK)

    @property
    def before(self) -> "Span":
        """The week or day before."""
        return Span.holding(self.kind, self.since - _DAY)

    @property
    def told(self) -> str:
        """`week 47 of 2026, 16 to 22 November`, or `20 November 2026`."""
        first, last = self.since, self.until - _DAY
        if self.kind is ReportKind.DAILY:
            return f"{first.day} {first:%B %Y}"
        year, week = self.name.split("-W")
        begin = f"{first.day}" if first.month == last.month else f"{first.day} {first:%B}"
        return f"week {int(week)} of {year}, {begin} to {last.day} {last:%B}"


def _first_day(kind: ReportKind, name: str) -> date:
    if kind is ReportKind.DAILY:
        if not _DAY_NAME.fullmatch(name):
            raise ValueError("not a day")
        return date.fromisoformat(name)
    match = _WEEK_NAME.fullmatch(name)
    if match is None:
        raise ValueError("not a week")
    return date.fromisocalendar(int(match[1]), int(match[2]), 1)


@dataclass(frozen=True, slots=True)
class Weeks:
    """The before and after of a fix: contacts of whole weeks, the oldest first."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    expected: float
    """Contacts a week to be expected since the fix, had it changed nothing."""
    low: float
    high: float
    """Where that number lies with 95 % confidence."""
    left_out: tuple[int, int] = (0, 0)
    """Days before the first bar that are compared and fill no week, and their contacts."""
    begun: tuple[int, int] = (0, 0)
    """The same after the last bar."""

    @property
    def not_drawn(self) -> str:
        """What is compared beside the bars, in words; empty when nothing is."""
        sides = ((self.left_out, "before the first bar"), (self.begun, "after the last one"))
        told = [
            f"{'1 day' if days == 1 else f'{days} days'} {where}"
            f" ({'1 contact' if count == 1 else f'{count} contacts'})"
            for (days, count), where in sides
            if days
        ]
        return f"Compared too, and no whole week: {', '.join(told)}." if told else ""

    @property
    def told(self) -> str:
        """The picture in words, for those who do not see it."""
        before = ", ".join(map(str, self.before)) or "none"
        after = ", ".join(map(str, self.after)) or "none yet"
        return (
            f"Contacts a week before the fix: {before}. Since the fix: {after}."
            f" Without it about {self.expected:.0f} a week were to be expected"
            f" ({self.low:.0f} to {self.high:.0f})."
            f"{' ' if self.not_drawn else ''}{self.not_drawn}"
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a report tells."""

    title: str
    told: str
    path: str
    """Where the pages show it."""
    issue: str = ""
    """ISS-42; empty where it is about no issue."""
    state: str = ""
    numbers: Mapping[str, int] = field(default_factory=dict)
    """What the next report compares: the same numbers and state are "still"."""
    is_still: bool = False
    weeks: Weeks | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Lines of one kind; `total` is how many there are, told or not."""

    key: str
    title: str
    lines: tuple[Line, ...]
    total: int
    empty: str
    """What is said when there is none."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One number of the whole product, in words."""

    name: str
    told: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What was said, or would be said, about a product and a week or day."""

    kind: ReportKind
    product: str
    product_name: str
    name: str
    made_at: datetime
    is_whole: bool
    """False while the week or day has not ended."""
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]

    @property
    def span(self) -> Span:
        """The time it is about."""
        return Span.named(self.kind, self.name)

    @property
    def title(self) -> str:
        """`Weekly report: Shop, week 47 of 2026, 16 to 22 November`."""
        what = "Weekly report" if self.kind is ReportKind.WEEKLY else "Daily digest"
        return f"{what}: {self.product_name}, {self.span.told}"

    @property
    def path(self) -> str:
        """Where the pages show it."""
        return f"/reports/{self.kind}/{self.name}"

    def section(self, key: str) -> Section | None:
        """The section of that key."""
        return next((one for one in self.sections if one.key == key), None)


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class ReportPlan:
    """Who gets a report when; nobody until recipients are named."""

    kind: ReportKind
    recipients: tuple[str, ...] = ()
    weekday: int = 0
    """0 is Monday; of no meaning for the daily digest."""
    hour: int = 7
    """In UTC."""
    since: datetime | None = None
    """When it was set: what was due before is not sent."""

    def due(self, now: datetime) -> Span | None:
        """The newest week or day that has ended and is to be sent by now."""
        if not self.recipients:
            return None
        span = Span.holding(self.kind, now).before
        days = self.weekday if self.kind is ReportKind.WEEKLY else 0
        moment = span.until + timedelta(days=days, hours=self.hour)
        if moment > now:
            span, moment = span.before, moment - (span.until - span.since)
        return span if self.since is None or moment >= self.since else None
