"""The weekly report: what engineering should know of a product's week."""

from dataclasses import replace
from datetime import datetime, timedelta

from bridge.domain.issues import OPEN, Issue, IssueState
from bridge.domain.people import NoticeKind
from bridge.domain.products import Product
from bridge.domain.reports import Fact, Line, Report, Section, Span
from bridge.steps.context import Context
from bridge.steps.picture import weeks_around
from bridge.steps.prove import proof_words, prove_fix
from bridge.steps.report_lines import (
    NOT_OUT,
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
from bridge.steps.satisfaction import effort_words, satisfaction_in, survey_words
from bridge.store import Store
from bridge.store.ratings import Period

_S = IssueState
_QUIET_DAYS = 14


def weekly_report(
    product: Product, span: Span, *, store: Store, context: Context, now: datetime
) -> Report:
    """The week as it looks now; a week that has not ended is told up to now."""
    found = gather(product, span, store=store, context=context, now=now)
    return Report(
        kind=span.kind,
        product=product.slug,
        product_name=product.name,
        name=span.name,
        made_at=now,
        is_whole=found.is_whole,
        facts=(*_week(found), *_voices(found)),
        sections=(
            _top(found),
            _new(found),
            growing(found),
            _regressed(found),
            _shipped(found),
            _verified(found),
            _quiet(found),
        ),
    )


def _week(found: Material) -> list[Fact]:
    numbers, product_id = found.store.report_numbers, found.product.id
    week = numbers.came_in(product_id, since=found.span.since, until=found.until)
    last = found.span.before
    before = numbers.came_in(product_id, since=last.since, until=last.until)
    candidates = sum(found.is_ready(one.id) for one in found.in_states([_S.CANDIDATE]))
    return [
        Fact(
            "Contacts",
            f"{counted(week.contacts, 'contact')} of {counted(week.customers, 'customer')}"
            f" ({counted(before.contacts, 'contact')} the week before)",
        ),
        Fact("Open issues", str(len(found.in_states(OPEN))), "/?state=open"),
        Fact("Waiting for release", str(len(found.in_states([_S.RESOLVED]))), "/?state=resolved"),
        Fact("Regressed", str(len(found.in_states([_S.REGRESSED]))), "/?state=regressed"),
        Fact("For review", f"{counted(candidates, 'candidate')} over the thresholds", "/"),
    ]


def _voices(found: Material) -> list[Fact]:
    """What customers said in the week, and what their problems cost them."""
    period = Period(found.span.since, found.until)
    told = satisfaction_in(found.product.id, period, store=found.store)
    facts = [Fact("Satisfaction", survey_words(one)) for one in told.surveys]
    if told.effort.journeys:
        facts.append(Fact("Effort", " ".join(effort_words(told.effort))))
    return facts


def _top(found: Material) -> Section:
    issues = found.in_states(NOT_OUT)
    tickets = found.store.tickets.of_issues([one.id for one in issues])

    def tell(issue: Issue) -> Line:
        keys = [one.ref.key for one in tickets[issue.id] if not one.is_deleted]
        where = f"{said(issue.state)}, {keys[-1]}" if keys else f"{said(issue.state)}, no ticket"
        customers = found.customers(issue.id)
        told = (
            f"{counted(customers, 'customer')},"
            f" {counted(found.lately(issue.id), 'contact')} in seven days; {where}."
        )
        return line_of(issue, told, customers=customers)

    return section(
        "top",
        "Top ten by affected customers",
        issues,
        tell,
        empty="No customer waits for a fix.",
        material=found,
    )


def _new(found: Material) -> Section:
    confirmed = [issue for issue, _ in found.moved_to(_S.CONFIRMED) if issue.state in NOT_OUT]
    candidates = [
        one
        for one in found.in_states([_S.CANDIDATE])
        if one.created_at is not None
        and found.span.since <= one.created_at < found.until
        and found.is_ready(one.id)
    ]

    def tell(issue: Issue) -> Line:
        customers = found.customers(issue.id)
        waits = "waits for review" if issue.state is _S.CANDIDATE else said(issue.state)
        return line_of(issue, f"{counted(customers, 'customer')}; {waits}.", customers=customers)

    return section(
        "new", "New", [*confirmed, *candidates], tell, empty="Nothing new.", material=found
    )


def _regressed(found: Material) -> Section:
    moved = found.moved_to(_S.REGRESSED)
    at = {issue.id: move.at for issue, move in moved}

    def tell(issue: Issue) -> Line:
        told = (
            f"Back since {day(at[issue.id])}, was fixed in {was_fixed_in(issue, found)};"
            f" {counted(found.customers(issue.id), 'customer')}, now {said(issue.state)}."
        )
        return line_of(issue, told)

    return section(
        "regressed",
        "Regressed",
        [issue for issue, _ in moved],
        tell,
        empty="No fix was contradicted.",
        material=found,
    )


def _shipped(found: Material) -> Section:
    moved = found.moved_to(_S.SHIPPED)
    at = {issue.id: move.at for issue, move in moved}
    told_people = found.store.report_numbers.told(
        found.product.id, NoticeKind.FIX, since=found.span.since, until=found.until
    )

    def tell(issue: Issue) -> Line:
        told = told_people.get(issue.id, 0)
        people = f"{counted(told, 'person was', 'people were')} told" if told else "nobody was told"
        return line_of(
            issue, f"In {issue.fixed_in or 'a release'} since {day(at[issue.id])}; {people}."
        )

    return section(
        "shipped",
        "Shipped",
        [issue for issue, _ in moved],
        tell,
        empty="Nothing shipped.",
        material=found,
    )


def _verified(found: Material) -> Section:
    def tell(issue: Issue) -> Line:
        summary = found.store.issues.summary(found.product.id, issue.id)
        proof = prove_fix(summary, store=found.store, context=found.context, now=found.until)
        if proof is None:
            return line_of(issue, "Quiet for long enough.")
        weeks = weeks_around(issue, proof, store=found.store)
        return replace(line_of(issue, " ".join(proof_words(proof))), weeks=weeks)

    return section(
        "verified",
        "Verified",
        [issue for issue, _ in found.moved_to(_S.VERIFIED)],
        tell,
        empty="No fix was verified.",
        material=found,
    )


def _quiet(found: Material) -> Section:
    before = found.until - timedelta(days=_QUIET_DAYS)
    last = {key: one.last_at for key, one in found.affected.items() if one.last_at < before}

    def tell(issue: Issue) -> Line:
        days = (found.until - last[issue.id]).days
        told = f"No contact for {days} days; {counted(found.customers(issue.id), 'customer')}."
        return line_of(issue, told)

    return section(
        "quiet",
        "Quiet",
        [one for one in found.in_states(OPEN) if one.id in last],
        tell,
        empty="No open issue has gone quiet.",
        material=found,
    )
