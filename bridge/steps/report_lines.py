"""What reports are made of: the numbers of one time, read once, and lines about issues."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.domain.issues import OPEN, Issue, IssueId, IssueState
from bridge.domain.products import Product
from bridge.domain.reports import Line, Report, Section, Span
from bridge.steps.context import Context
from bridge.store import Store
from bridge.store.report_numbers import Affected, Move
from models.usual import is_more_than_usual

MOST_LINES = 10
USUAL_WEEKS = 8
_WEEK = timedelta(weeks=1)
_S = IssueState
NOT_OUT = (*OPEN, _S.RESOLVED, _S.REGRESSED)
"""Customers still have the problem."""
_NO_PROBLEM = (_S.DISMISSED,)


@dataclass(frozen=True)
class Material:
    """The numbers of a product and a time, up to its end or up to now."""

    product: Product
    span: Span
    until: datetime
    store: Store
    context: Context
    issues: Mapping[IssueId, Issue]
    affected: Mapping[IssueId, Affected]
    weeks: Mapping[IssueId, Sequence[int]]
    """Contacts in each of the last weeks; the last one is the one that ends now."""
    earlier: Report | None
    """What was said last."""

    @property
    def is_whole(self) -> bool:
        """Whether the week or day has ended."""
        return self.until == self.span.until

    def customers(self, issue_id: IssueId) -> int:
        """Affected customers up to then."""
        found = self.affected.get(issue_id)
        return found.customers if found else 0

    def lately(self, issue_id: IssueId) -> int:
        """Contacts in the last seven days."""
        return self.weeks.get(issue_id, [0])[-1]

    def is_ready(self, issue_id: IssueId) -> bool:
        """Whether a candidate is over the product's thresholds."""
        found = self.affected.get(issue_id)
        return (
            found is not None
            and found.customers >= self.product.min_customers
            and found.contacts >= self.product.min_contacts
        )

    def in_states(self, states: Iterable[IssueState]) -> list[Issue]:
        """Issues that stand there now, most customers first."""
        wanted = set(states)
        found = [one for one in self.issues.values() if one.state in wanted]
        return sorted(found, key=lambda one: (-self.customers(one.id), one.number))

    def moved_to(self, *states: IssueState) -> list[tuple[Issue, Move]]:
        """Issues that reached one of these states in the time, in order."""
        moves = self.store.report_numbers.moves(
            self.product.id, states, since=self.span.since, until=self.until
        )
        return [(self.issues[one.issue_id], one) for one in moves if one.issue_id in self.issues]


def was_fixed_in(issue: Issue, found: Material) -> str:
    """What did not hold, with how many customers said so and how many would do."""
    told = issue.fixed_in or "a release"
    for one in reversed(found.store.decisions.history(issue.id)):
        if one.action == IssueState.REGRESSED.value and one.at < found.until:
            return f"{told} ({one.after['needed']})" if "needed" in one.after else told
    return told


def gather(
    product: Product, span: Span, *, store: Store, context: Context, now: datetime
) -> Material:
    """Read the numbers of a time; one that has not ended is told up to now."""
    until = min(span.until, max(now, span.since + timedelta(seconds=1)))
    numbers = store.report_numbers
    return Material(
        product=product,
        span=span,
        until=until,
        store=store,
        context=context,
        issues=numbers.issues(product.id),
        affected=numbers.affected(product.id, until=until),
        weeks=numbers.weeks(product.id, until=until, count=USUAL_WEEKS + 1),
        earlier=store.reports.before(product.id, span.kind, span.name),
    )


def section(  # noqa: PLR0913 - all that a section is made of
    key: str,
    title: str,
    issues: Sequence[Issue],
    tell: Callable[[Issue], Line],
    *,
    empty: str,
    material: Material,
) -> Section:
    """The first of these issues, each with whether anything has moved since the last report."""
    lines = tuple(_since_last(key, tell(one), material.earlier) for one in issues[:MOST_LINES])
    return Section(key, title, lines, len(issues), empty)


def _since_last(key: str, line: Line, earlier: Report | None) -> Line:
    known = earlier.section(key) if earlier else None
    for one in known.lines if known else ():
        if one.issue != line.issue:
            continue
        if one.state == line.state and dict(one.numbers) == dict(line.numbers):
            return replace(line, is_still=True)
        grown = line.numbers.get("customers", 0) - one.numbers.get("customers", 0)
        if grown > 0 and earlier is not None:
            more = f"{grown} more than in the report of {earlier.name}"
            return replace(line, told=f"{line.told} {more[0].upper()}{more[1:]}.")
    return line


def line_of(issue: Issue, told: str, **numbers: int) -> Line:
    """A line about an issue."""
    return Line(
        title=issue.title,
        told=told,
        path=f"/issues/{issue.name}",
        issue=issue.name,
        state=issue.state.value,
        numbers=numbers,
    )


def growing(material: Material) -> Section:
    """Issues of which more is heard than is usual for them."""
    found: list[tuple[float, Issue, str]] = []
    for issue in material.issues.values():
        if issue.state in _NO_PROBLEM:
            continue
        if issue.state is _S.CANDIDATE and not material.is_ready(issue.id):
            continue
        before = _usual(issue.id, material)
        number = material.lately(issue.id)
        if is_more_than_usual(number, before):
            usual = sum(before) / len(before)
            told = (
                f"{counted(number, 'contact')} in seven days where {usual:.1f} a week were usual"
                f" ({counted(len(before), 'week')} before)."
            )
            found.append((number - usual, issue, told))
    found.sort(key=lambda one: (-one[0], one[1].number))
    words = {issue.id: told for _, issue, told in found}
    return section(
        "growing",
        "Growing",
        [issue for _, issue, _ in found],
        lambda issue: line_of(issue, words[issue.id]),
        empty="No issue is heard of more than usual.",
        material=material,
    )


def _usual(issue_id: IssueId, material: Material) -> Sequence[int]:
    """The whole weeks before the last seven days in which the issue was known."""
    affected = material.affected.get(issue_id)
    if affected is None:
        return ()
    known = (material.until - affected.first_at) // _WEEK - 1
    before = material.weeks.get(issue_id, [0])[:-1]
    return before[len(before) - min(known, len(before)) :] if known > 0 else ()


def counted(number: int, one: str, many: str = "") -> str:
    """`1 contact`, `2 contacts`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}".replace(",", "\u202f")


def said(state: IssueState) -> str:
    """The state in words."""
    return state.value.replace("_", " ")


def day(moment: datetime) -> str:
    """`18 November`."""
    return f"{moment.day} {moment:%B}"
