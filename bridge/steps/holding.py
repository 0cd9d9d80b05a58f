"""Whether a fix holds: its releases and the contacts since, held against each other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.domain.fixes import Release
from bridge.domain.issues import Issue
from bridge.domain.products import Product
from bridge.domain.regression import (
    ContactFacts,
    Evidence,
    Finding,
    FixedVersion,
    Weight,
    judge,
    weigh_customers,
)
from bridge.steps.context import Context
from bridge.store import Store
from bridge.store.known_versions import Written

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Judged:
    """A contact after a fix, and what it says of it."""

    written: Written
    finding: Finding


@dataclass(frozen=True, slots=True)
class ShippedFix:
    """The last fix of an issue, in the releases that carried it to customers: one a branch."""

    issue: Issue
    releases: tuple[Release, ...]

    @property
    def shipped_at(self) -> datetime | None:
        """When the first customers could have it; None when nothing has shipped."""
        return min((one.shipped_at for one in self.releases), default=None)


def fix_of(issue: Issue, product: Product, store: Store) -> ShippedFix:
    """The fix that ended the issue last, whether it holds or not."""
    found = store.fixes.of_issue(issue.id)
    shipped = [one for one in found if one.release.percent >= product.full_percent]
    last = max((one.episode for one in shipped), default=0)
    return ShippedFix(issue, tuple(one.release for one in shipped if one.episode == last))


def judge_since(
    fix: ShippedFix,
    since: datetime,
    until: datetime | None = None,
    *,
    store: Store,
    context: Context,
) -> list[Judged]:
    """What each contact on the issue after `since` says of its fix."""
    verdict = judge_of(fix.releases, context)
    written = store.known_versions.written(
        fix.issue, since=since, until=until, against=[one.version for one in fix.releases]
    )
    return [Judged(one, verdict(one.facts)) for one in written]


def quiet_for(
    issue: Issue, product: Product, *, store: Store, context: Context
) -> timedelta | None:
    """Since the fix shipped, or since somebody wrote who is known to have it; None without one."""
    if issue.shipped_at is None:
        return None
    fix = fix_of(issue, product, store)
    judged = judge_since(fix, issue.shipped_at, store=store, context=context)
    doubts = [
        one.written.facts.occurred_at
        for one in judged
        if one.finding.evidence is Evidence.REGRESSION
    ]
    return max(timedelta(), context.now() - max([issue.shipped_at, *doubts]))


def judge_of(releases: Iterable[Release], context: Context) -> Callable[[ContactFacts], Finding]:
    """What a contact says of the fix in these releases, by the settings of the installation."""
    fixes = [release_facts(one) for one in releases]
    grace = timedelta(days=context.settings.regression_grace_days)
    settling = timedelta(days=context.settings.regression_settling_days)
    return lambda facts: judge(facts, fixes, grace=grace, settling=settling)


def release_facts(release: Release) -> FixedVersion:
    """A release as contacts are held against it."""
    return FixedVersion(
        version=release.version,
        shipped_at=release.shipped_at,
        complete_at=release.complete_at,
        percent=release.percent,
        component=release.component,
        platforms=release.platforms,
        is_withdrawn=release.is_withdrawn,
    )


def weigh(
    judged: list[Judged], issue: Issue, shipped_at: datetime, *, store: Store, context: Context
) -> Weight | None:
    """How much speaks against a fix in the last seven days of these contacts.

    None where only answers in forms do: those are for a person to check.
    """
    last = max(one.written.facts.occurred_at for one in judged)
    weekly = store.known_versions.weekly_customers(issue.id, before=shipped_at)
    return _weight_at(last, judged, weekly, context)


def heaviest_week(
    judged: list[Judged], issue: Issue, shipped_at: datetime, *, store: Store, context: Context
) -> tuple[Judged, Weight] | None:
    """The contact that ends the week in which most spoke against a fix; None if nobody did.

    The first week in which enough did counts, where there is one.
    """
    against = [one for one in judged if one.finding.weighs]
    if all(one.finding.is_form for one in against):
        return None
    weekly = store.known_versions.weekly_customers(issue.id, before=shipped_at)
    weeks = [
        (one, weight)
        for one in against
        if (weight := _weight_at(one.written.facts.occurred_at, against, weekly, context))
    ]
    enough = next((week for week in weeks if week[1].is_enough), None)
    return enough or max(weeks, key=lambda week: week[1].customers)


def _weight_at(
    last: datetime, judged: list[Judged], weekly: float, context: Context
) -> Weight | None:
    """How much the customers say who have the fix and wrote in the week that ends then.

    Answers in forms count beside a contact that came another way, never alone.
    """
    against = [
        one
        for one in judged
        if one.finding.weighs and last - _WEEK < one.written.facts.occurred_at <= last
    ]
    if not any(one.finding.evidence is Evidence.REGRESSION for one in against):
        return None
    return weigh_customers(
        len({one.written.who for one in against}),
        len({one.written.who for one in against if not one.finding.is_settling}),
        weekly_customers=weekly,
        share=context.settings.regression_share,
    )
