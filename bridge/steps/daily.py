"""The daily digest: what a lead should look at in the morning."""

from datetime import datetime

from bridge.domain.issues import Issue, IssueState
from bridge.domain.products import Product
from bridge.domain.reports import Fact, Line, Report, Section, Span
from bridge.steps.context import Context
from bridge.steps.report_lines import (
    MOST_LINES,
    Material,
    counted,
    day,
    gather,
    growing,
    line_of,
    said,
    section,
    was_fixed_in,
)
from bridge.store import Store
from bridge.store.report_numbers import Affected, Trouble

_S = IssueState
_CHANNELS = 3


def daily_digest(
    product: Product, span: Span, *, store: Store, context: Context, now: datetime
) -> Report:
    """The day as it looks now; one that has not ended is told up to now."""
    found = gather(product, span, store=store, context=context, now=now)
    return Report(
        kind=span.kind,
        product=product.slug,
        product_name=product.name,
        name=span.name,
        made_at=now,
        is_whole=found.is_whole,
        facts=tuple(_day(found)),
        sections=(_candidates(found), growing(found), _regressed(found), _failed(found)),
    )


def _day(found: Material) -> list[Fact]:
    came = found.store.report_numbers.came_in(
        found.product.id, since=found.span.since, until=found.until
    )
    told = [f"{name.replace('_', ' ')} {number}" for name, number in came.channels.items()]
    channels = ", ".join(told[:_CHANNELS])
    if len(told) > _CHANNELS:
        channels += f" and {counted(len(told) - _CHANNELS, 'other')}"
    questions = found.store.suggestions.count_open(found.product.id)
    waiting = sum(found.is_ready(one.id) for one in found.in_states([_S.CANDIDATE]))
    return [
        Fact(
            "Came in",
            f"{counted(came.contacts, 'contact')} of {counted(came.customers, 'customer')}"
            + (f" ({channels})" if channels else ""),
        ),
        Fact("Questions", f"{counted(questions, 'question waits', 'questions wait')}", "/review"),
        Fact("For review", f"{counted(waiting, 'candidate')} over the thresholds", "/"),
    ]


def _candidates(found: Material) -> Section:
    """Candidates that went over the thresholds within the day."""
    earlier = found.store.report_numbers.affected(found.product.id, until=found.span.since)
    product = found.product

    def was_ready(one: Affected | None) -> bool:
        return (
            one is not None
            and one.customers >= product.min_customers
            and one.contacts >= product.min_contacts
        )

    def tell(issue: Issue) -> Line:
        customers, contacts = found.customers(issue.id), found.affected[issue.id].contacts
        told = f"{counted(customers, 'customer')}, {counted(contacts, 'contact')}."
        return line_of(issue, told, customers=customers)

    issues = [
        one
        for one in found.in_states([_S.CANDIDATE])
        if found.is_ready(one.id) and not was_ready(earlier.get(one.id))
    ]
    return section(
        "candidates",
        "New candidates over the thresholds",
        issues,
        tell,
        empty="No new one.",
        material=found,
    )


def _regressed(found: Material) -> Section:
    def tell(issue: Issue) -> Line:
        return line_of(
            issue,
            f"Was fixed in {was_fixed_in(issue, found)};"
            f" {counted(found.customers(issue.id), 'customer')}, now {said(issue.state)}.",
        )

    return section(
        "regressed",
        "Regressed",
        [issue for issue, _ in found.moved_to(_S.REGRESSED)],
        tell,
        empty=f"No fix was contradicted on {day(found.span.since)}.",
        material=found,
    )


def _failed(found: Material) -> Section:
    trouble = found.store.report_numbers.trouble(found.product.id)
    lines = tuple(_line(one, found) for one in trouble[:MOST_LINES])
    return Section("failed", "Did not get out", lines, len(trouble), "Everything got out.")


def _line(one: Trouble, found: Material) -> Line:
    issue = found.issues.get(one.issue_id) if one.issue_id else None
    told = one.reason.strip().rstrip(".") or "no reason was given"
    told = f"{told[0].upper()}{told[1:]}."
    if issue is None:
        return Line(title=one.what, told=told, path=f"/reports/daily/{found.span.name}")
    return line_of(issue, f"{one.what}: {told}")
