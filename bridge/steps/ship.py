"""Ship: a release reaches customers; issues, workarounds and inboxes follow in one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bridge.domain.errors import InvalidInput
from bridge.domain.fixes import Release, ReleaseId
from bridge.domain.issues import FIXED, TO_BE_DONE, Issue, IssueId, IssueState
from bridge.domain.news import ShipEvent, ShipKind
from bridge.domain.products import Product
from bridge.steps.context import Context
from bridge.steps.contradicted import refuse_contradicted
from bridge.steps.follow_up import verify_later
from bridge.steps.moves import Cause, move_issue
from bridge.steps.outage import end_outage
from bridge.steps.regress import look_back
from bridge.steps.retire import retire_fixed
from bridge.steps.tell import Telling, tell_fix, tell_rollout
from bridge.steps.withdraw import lower
from bridge.store import Store
from bridge.store.fixes import Fixed


@dataclass(frozen=True, slots=True)
class ReleaseNews:
    """A version that customers can get."""

    version: str
    shipped_at: datetime
    component: str = ""
    percent: int = 100
    issue_ids: tuple[IssueId, ...] = ()
    """Issues it fixes whatever the tracker says."""
    told: ShipEvent | None = None
    """The signal that told it; None for a person."""
    insists: bool = False
    """It fixes them although customers who have it wrote about them: that person has seen it."""

    def event(self, source: str) -> ShipEvent:
        """The signal, or one that says the same."""
        kind = ShipKind.RELEASED if self.percent >= 100 else ShipKind.ROLLOUT_PROGRESS
        return self.told or ShipEvent(
            id="", source=source, kind=kind, at=self.shipped_at, percent=self.percent
        )


@dataclass(frozen=True, slots=True)
class Shipped:
    """What a release shipped, and what it did not, with the reason."""

    release: Release
    shipped: list[Issue] = field(default_factory=list)
    known: list[Issue] = field(default_factory=list)
    """Those of them that it had shipped before: nothing was done about them now."""
    not_shipped: list[tuple[Issue, str]] = field(default_factory=list)


def ship(
    news: ReleaseNews, product: Product, *, store: Store, context: Context, cause: Cause
) -> Shipped:
    """Record the release and ship every issue it fixes; telling it twice changes nothing.

    News from before the release was taken back come too late to bring it out again. Where fewer
    customers have it than before, what was told is put right. Raises InvalidMove when a person
    names an issue that customers who have the release met.
    """
    version = news.version.strip()
    if not version:
        raise InvalidInput("a release needs a version", pointer="/version")
    known = store.fixes.find(product.id, version, component=news.component, lock=True)
    event = news.event(cause.origin)
    if known is not None and known.withdrawn_at and news.shipped_at <= known.withdrawn_at:
        store.rollouts.note(product.id, known.id, event)
        return _too_late(known, news, product, store)
    lowered: dict[IssueId, str] = {}
    if known is not None and _is_lower(known, news, event, store):
        telling = Telling(product, store, context, cause)
        lowered = lower(known, news.percent, event, telling=telling)
    release, is_news = _save(known, news, event, product, store)
    shipping = _Shipping(release, news, product, store, context, cause, is_news)
    wanted = _wanted(release.id, news, product, store)
    issues = {one: store.issues.get(product.id, one, lock=True) for one in sorted(wanted)}
    shipping.refuse_contradicted(issues.values(), is_back=known is not None and known.is_withdrawn)
    answer = Shipped(release)
    for issue in (issues[one] for one in wanted):
        reason = lowered.get(issue.id) or shipping.why_not(issue)
        if reason is None and issue.state in FIXED:
            answer.known.append(issue)
        if reason is None:
            issue = shipping.ship(issue)
            reason = None if issue.state in FIXED else f"customers who have {version} still met it"
        if reason is None:
            answer.shipped.append(issue)
        else:
            answer.not_shipped.append((issue, reason))
    return answer


def _is_lower(known: Release, news: ReleaseNews, event: ShipEvent, store: Store) -> bool:
    """Whether fewer customers have the release than before: the newest word of all says so.

    A signal is held against the last word of its source about the same part of the customers.
    """
    if known.is_withdrawn or news.percent >= known.percent:
        return False
    words = store.rollouts.of_release(known.id)
    if any(one.at > event.at for one in words):
        return False
    if news.told is None:
        return True
    own = [one for one in words if one.source == event.source and one.part == event.part]
    if not own:
        return False
    # The newest by when it was so, not by when we heard of it; without a percent it was for all.
    last = max(own, key=lambda one: one.at)
    return not last.kind.takes_back and (last.percent or 100) > news.percent


def _save(
    known: Release | None, news: ReleaseNews, event: ShipEvent, product: Product, store: Store
) -> tuple[Release, bool]:
    """The release as it is by now, and whether nobody had said just that of it.

    Who repeats themselves does not raise what was lowered since.
    """
    is_news = known is None or store.rollouts.note(product.id, known.id, event)
    is_out_again = known is not None and known.is_withdrawn
    release = store.fixes.save_release(
        product.id,
        news.version.strip(),
        at=news.shipped_at,
        percent=news.percent if known is None or is_news or is_out_again else known.percent,
        component=news.component,
        platform=event.platform,
    )
    if known is None:
        store.rollouts.note(product.id, release.id, event)
    return release, is_news


def _wanted(
    release_id: ReleaseId, news: ReleaseNews, product: Product, store: Store
) -> list[IssueId]:
    by_version = store.meant.meant_for(product.id, news.version.strip())
    shipped = store.issues.standing(product.id, sorted(store.fixes.shipped_in(release_id)))
    return list(dict.fromkeys([*news.issue_ids, *by_version, *shipped]))


def _too_late(known: Release, news: ReleaseNews, product: Product, store: Store) -> Shipped:
    reason = f"version {known.version} was taken back after that"
    wanted = _wanted(known.id, news, product, store)
    issues = [store.issues.get(product.id, issue_id) for issue_id in wanted]
    return Shipped(known, not_shipped=[(issue, reason) for issue in issues])


@dataclass(frozen=True, slots=True)
class _Shipping:
    """One release on its way to the issues it fixes."""

    release: Release
    news: ReleaseNews
    product: Product
    store: Store
    context: Context
    cause: Cause
    is_news: bool
    """Nobody has said just that of the release before."""

    def refuse_contradicted(self, issues: Iterable[Issue], *, is_back: bool) -> None:
        """Raise InvalidMove when a person names issues that customers who have it met."""
        if self.news.told is not None or self.news.insists:
            return
        named = [one for one in issues if one.id in self.news.issue_ids and self._is_new_to(one)]
        refuse_contradicted(
            named, self.release, is_back=is_back, store=self.store, context=self.context
        )

    def _is_new_to(self, issue: Issue) -> bool:
        """Whether nobody has said yet that the release fixes the issue in its present episode."""
        if issue.merged_into is not None:
            return False
        if issue.state not in FIXED and not issue.can_move(IssueState.SHIPPED):
            return False
        fixed = self.store.fixes.of_issue(issue.id)
        mine = next((one for one in fixed if one.release.id == self.release.id), None)
        is_said = mine is not None and mine.episode == issue.episode and not mine.is_refuted
        return not (is_said and issue.state in FIXED)

    def why_not(self, issue: Issue) -> str | None:
        """Why the release does not ship an issue; None when it does, or has."""
        version = self.release.version
        if issue.merged_into is not None:
            survivor = self.store.issues.standing_for(issue.product_id, issue.id)
            return f"it was merged: {survivor.name} stands for it now"
        fixed = {one.release.id: one for one in self.store.fixes.of_issue(issue.id)}
        mine = fixed.get(self.release.id)
        if issue.state in FIXED:
            if issue.fixed_in == version and mine is not None:
                return None
            # A back-port, or the next release: whoever has it has the fix too.
            if self._note_fix(issue) or self.is_news:
                self._look_back(issue)
            return f"it shipped in {issue.fixed_in} already"
        if not issue.can_move(IssueState.SHIPPED):
            return f"it is {issue.state.words}, not resolved"
        # A signal that only repeats itself is no new word about the issues that it names.
        is_named = issue.id in self.news.issue_ids and (self.is_news or self.news.told is None)
        # While its ticket is open, only a release that names the issue ships it.
        if issue.state in TO_BE_DONE and not is_named and not self._is_said(issue, mine):
            return f"it is {issue.state.words}, not resolved"
        if mine is not None and not is_named:
            reason = self._why_not_again(issue, mine)
            if reason is not None:
                return reason
        if self.release.percent < self.product.full_percent:
            self._wait(issue)
            return f"the release has reached {self.release.percent} % of customers so far"
        return None

    def _is_said(self, issue: Issue, mine: Fixed | None) -> bool:
        """Whether the release was named as the fix since engineering took the issue up last.

        What a withdrawal sets back is not taken up: the same version ships it again.
        """
        if mine is None or mine.episode != issue.episode:
            return False
        begun = [
            one.at
            for one in self.store.decisions.history(issue.id)
            if one.after.get("state") in TO_BE_DONE and one.before.get("state") not in FIXED
        ]
        return not begun or mine.said_at >= begun[-1]

    def _why_not_again(self, issue: Issue, mine: Fixed) -> str | None:
        """Why a release that shipped the issue before does not by itself ship it again."""
        if mine.is_refuted:
            return f"customers who have {self.release.version} still met it"
        if mine.episode == issue.episode:
            return None
        tickets = self.store.tickets.of_issue(issue.id)
        named = {version for one in tickets for version in one.versions}
        waiting = sorted(named - self.store.meant.out_of(issue.product_id, named))
        if waiting:
            return f"its ticket names {', '.join(waiting)} too, which is not out"
        return None

    def _note_fix(self, issue: Issue) -> bool:
        """Remember that the release has the fix; False when that was known."""
        tickets = self.store.tickets.of_issue(issue.id)
        ticket_id = tickets[-1].id if tickets else None
        return self.store.fixes.add_fix(issue, ticket_id, self.release.id, now=self.cause.at)

    def _look_back(self, issue: Issue) -> Issue:
        """Hold what came since against the fix, unless a person did."""
        if self.news.insists and issue.id in self.news.issue_ids:
            return issue
        return look_back(issue, self.product, store=self.store, context=self.context)

    def _wait(self, issue: Issue) -> None:
        """Remember that the release has the fix, and tell agents once that it is on its way."""
        self._note_fix(issue)
        telling = Telling(self.product, self.store, self.context, self.cause)
        tell_rollout(issue, self.release.version, self.release.percent, telling=telling)

    def ship(self, issue: Issue) -> Issue:
        """Ship an issue, unless that is done."""
        release, store, cause = self.release, self.store, self.cause
        if issue.state in FIXED:
            return issue
        shipped_at = release.complete_at or release.shipped_at
        changes = {"fixed_in": release.version, "shipped_at": shipped_at, "outcome": "fixed"}
        issue = move_issue(issue, IssueState.SHIPPED, store=store, cause=cause, changes=changes)
        self._note_fix(issue)
        retired = retire_fixed(issue, release.version, store=store, cause=cause)
        telling = Telling(self.product, store, self.context, cause)
        told = tell_fix(issue, release.version, retired, telling=telling)
        end_outage(issue, f"fixed in {release.version}", telling, but=told)
        # What waited beside it joins it, and who handled that is told too.
        store.enqueue(
            "consolidate", once=f"consolidate:{issue.product_id}", product_id=issue.product_id
        )
        for ticket in store.tickets.of_issue(issue.id):
            store.enqueue("refresh", once=f"refresh:{ticket.id}", ticket_id=ticket.id)
        verify_later(issue, store=store, context=self.context)
        return self._look_back(issue)
