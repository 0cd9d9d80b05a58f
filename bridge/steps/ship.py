"""Ship: a release reaches customers; issues, workarounds and inboxes follow in one transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.domain.errors import InvalidInput
from bridge.domain.fixes import Release
from bridge.domain.issues import Issue, IssueId, IssueState
from bridge.domain.people import MACHINE
from bridge.domain.products import Product
from bridge.steps.context import Context
from bridge.steps.moves import Cause, move_issue
from bridge.steps.retire import retire_fixed
from bridge.steps.tell import Telling, tell_fix
from bridge.store import Store


@dataclass(frozen=True, slots=True)
class ReleaseNews:
    """A version that customers can get."""

    version: str
    shipped_at: datetime
    component: str = ""
    percent: int = 100
    issue_ids: tuple[IssueId, ...] = ()
    """Issues it fixes whatever the tracker says."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """What a release shipped, and what it did not, with the reason."""

    release: Release
    shipped: list[Issue]
    not_shipped: list[tuple[Issue, str]]


def ship(
    news: ReleaseNews, product: Product, *, store: Store, context: Context, cause: Cause
) -> Shipped:
    """Record the release and ship every issue it fixes; telling it twice changes nothing."""
    version = news.version.strip()
    if not version:
        raise InvalidInput("a release needs a version", pointer="/version")
    release = store.fixes.save_release(
        product.id,
        version,
        component=news.component,
        shipped_at=news.shipped_at,
        percent=news.percent,
    )
    done = set(store.fixes.shipped_in(release.id))
    wanted = [*news.issue_ids, *store.fixes.resolved_for(product.id, version), *sorted(done)]
    shipped, not_shipped = [], []
    for issue_id in dict.fromkeys(wanted):
        issue = store.issues.get(product.id, issue_id, lock=True)
        reason = _why_not(issue, release, is_done=issue_id in done)
        if reason is not None:
            if _is_further(issue, release):
                # A back-port, or the next release: whoever has it has the fix too.
                _note_further(issue, release, store=store, cause=cause)
            not_shipped.append((issue, reason))
            continue
        if not (issue_id in done and issue.fixed_in == version):
            issue = _ship_issue(issue, release, product, store=store, context=context, cause=cause)
        shipped.append(issue)
    return Shipped(release, shipped, not_shipped)


def _why_not(issue: Issue, release: Release, *, is_done: bool) -> str | None:
    if is_done and issue.state in (IssueState.SHIPPED, IssueState.VERIFIED):
        return None
    if issue.merged_into is not None:
        return "it was merged into another issue"
    if issue.state in (IssueState.SHIPPED, IssueState.VERIFIED):
        return f"it shipped in {issue.fixed_in} already"
    if not issue.can_move(IssueState.SHIPPED):
        return f"it is {issue.state}, not resolved"
    if release.percent < 100:
        return f"the release has reached {release.percent} % of customers so far"
    return None


def _is_further(issue: Issue, release: Release) -> bool:
    is_shipped = issue.state in (IssueState.SHIPPED, IssueState.VERIFIED)
    return is_shipped and issue.merged_into is None and issue.fixed_in != release.version


def _note_further(issue: Issue, release: Release, *, store: Store, cause: Cause) -> None:
    tickets = store.tickets.of_issue(issue.id)
    store.fixes.add_fix(issue, tickets[-1].id if tickets else None, release.id, now=cause.at)


def _ship_issue(  # noqa: PLR0913 - one transaction needs all of it
    issue: Issue,
    release: Release,
    product: Product,
    *,
    store: Store,
    context: Context,
    cause: Cause,
) -> Issue:
    tickets = store.tickets.of_issue(issue.id)
    changes = {"fixed_in": release.version, "shipped_at": release.shipped_at, "outcome": "fixed"}
    issue = move_issue(issue, IssueState.SHIPPED, store=store, cause=cause, changes=changes)
    store.fixes.add_fix(issue, tickets[-1].id if tickets else None, release.id, now=cause.at)
    retired = retire_fixed(issue, release.version, store=store, cause=cause)
    tell_fix(issue, release.version, retired, telling=Telling(product, store, context, cause))
    for ticket in tickets:
        store.enqueue("refresh", once=f"refresh:{ticket.id}", ticket_id=ticket.id)
    quiet = timedelta(days=context.settings.verify_after_days)
    store.enqueue(
        "verify",
        at=release.shipped_at + quiet,
        product_id=product.id,
        issue_id=issue.id,
        episode=issue.episode,
    )
    return issue


def release(context: Context, *, connection_id: int, version: str) -> None:
    """A tracker says that a version is released: read it again and ship what it fixes."""
    with context.open() as store:
        connection = store.connections.get(connection_id)
    versions = context.tracker(connection).versions()
    found = next((one for one in versions if one.name == version and one.is_released), None)
    if found is None:
        return
    now = context.now()
    shipped_at = min(found.released_at, now) if found.released_at else now
    with context.open() as store:
        product = store.products.get(connection.product_id)
        cause = Cause(MACHINE, now, f"version {version} was released", "job:release")
        ship(ReleaseNews(version, shipped_at), product, store=store, context=context, cause=cause)
