"""What the list of issues shows: tabs, rows and warnings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.domain.errors import InvalidInput
from bridge.domain.fixes import version_key
from bridge.domain.issues import OPEN, Issue, IssueId, IssueState
from bridge.domain.rank import Rank
from bridge.store.connections import Connection
from bridge.store.issues import IssueFilter, IssueSummary, VersionSeen
from bridge.store.tickets import Ticket
from bridge.web.visit import Visit

PAGE_SIZE = 25
TREND_DAYS = 14
_NEW_FOR = timedelta(days=7)
_WAIT_IS_LONG = timedelta(minutes=5)
_MOST_PAGES = 10_000

_S = IssueState
TABS: Mapping[str, tuple[str, tuple[IssueState, ...]]] = {
    "review": ("For review", (_S.CANDIDATE,)),
    "open": ("Open", OPEN),
    "resolved": ("Waiting for release", (_S.RESOLVED,)),
    "shipped": ("Shipped", (_S.SHIPPED, _S.VERIFIED)),
    "regressed": ("Regressed", (_S.REGRESSED,)),
    "archived": ("Archived", (_S.DISMISSED, _S.DECLINED, _S.SNOOZED)),
    "all": ("All", ()),
}
SORTS: Mapping[str, str] = {
    "rank": "What matters first",
    "customers": "Most customers",
    "last_seen": "Seen last",
    "number": "Newest",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the list is wanted; all of it stands in the address."""

    tab: str
    states: tuple[IssueState, ...]
    words: str
    sort: str
    page: int
    is_chosen: bool = False
    """Whether the address says which part; else a search begins with every issue."""


@dataclass(frozen=True, slots=True)
class Row:
    """One issue of the list."""

    summary: IssueSummary
    rank: Rank
    trend: list[int]
    ticket: Ticket | None
    versions: str
    badges: tuple[str, ...]
    is_below_thresholds: bool

    @property
    def issue(self) -> Issue:
        """The issue itself."""
        return self.summary.issue


@dataclass(frozen=True, slots=True)
class Tab:
    """One part of the list with its size."""

    key: str
    name: str
    count: int


def asked_for(state: str | None, words: str, sort: str, page: int, *, may_review: bool) -> Asked:
    """Read the address; `state` is a tab or one state. Raises InvalidInput with the choices.

    Without a state the list begins with what waits for its reader: candidates for those who decide
    about them, open issues for others, and what was searched for wherever it is.
    """
    key = state or ("all" if words.strip() else "review" if may_review else "open")
    if sort not in SORTS:
        raise InvalidInput(f"sort can be: {', '.join(SORTS)}", pointer="/sort")
    page = min(max(page, 1), _MOST_PAGES)
    if key in TABS:
        return Asked(key, TABS[key][1], words.strip(), sort, page, is_chosen=bool(state))
    if key in list(IssueState):
        return Asked(key, (IssueState(key),), words.strip(), sort, page, is_chosen=True)
    raise InvalidInput(f"state can be: {', '.join([*TABS, *IssueState])}", pointer="/state")


def rows_of(asked: Asked, visit: Visit) -> tuple[list[Row], bool]:
    """The rows of a page of the list, and whether there are more."""
    store, product = visit.store, visit.product
    rules = visit.web.application.context.settings.rank_rules
    wanted = IssueFilter(
        states=asked.states,
        words=asked.words,
        sort=asked.sort,
        rules=rules,
        limit=PAGE_SIZE + 1,
        offset=(asked.page - 1) * PAGE_SIZE,
        ready_first=(product.min_contacts, product.min_customers) if asked.sort == "rank" else None,
    )
    found = store.issues.search(product.id, wanted)
    shown = found[:PAGE_SIZE]
    ids = [one.issue.id for one in shown]
    until = store.issues.newest_contact_at(product.id) or visit.now
    trends = store.issues.trend(ids, until=until, days=TREND_DAYS)
    tickets = store.tickets.of_issues(ids)
    versions = store.issues.versions_seen(ids)
    helped = store.workarounds.having_one(ids)
    rows = [
        Row(
            summary=one,
            rank=Rank.of(one.impact, rules),
            trend=trends[one.issue.id],
            ticket=newest_ticket(tickets[one.issue.id]),
            versions=version_range(versions[one.issue.id]),
            badges=_badges(one, trends[one.issue.id], until, helped),
            is_below_thresholds=one.issue.state is IssueState.CANDIDATE
            and (
                one.counts.contacts < product.min_contacts
                or one.counts.customers < product.min_customers
            ),
        )
        for one in shown
    ]
    return rows, len(found) > PAGE_SIZE


def tabs_of(counts: Mapping[IssueState, int]) -> list[Tab]:
    """The tabs with their counts: of what is searched for, where something is."""
    return [
        Tab(key, name, sum(counts.get(state, 0) for state in states or tuple(IssueState)))
        for key, (name, states) in TABS.items()
    ]


def newest_ticket(tickets: Sequence[Ticket]) -> Ticket | None:
    """The ticket that counts: the newest that still exists."""
    living = [one for one in tickets if not one.is_deleted]
    return living[-1] if living else None


def version_range(seen: Sequence[VersionSeen]) -> str:
    """The versions told, oldest and newest: 5.0–5.2."""
    told = [one.version for one in seen if one.version]
    named = sorted(told, key=lambda name: (version_key(name) or (), name))
    if not named:
        return ""
    return named[0] if len(named) == 1 else f"{named[0]}–{named[-1]}"


def warnings_of(visit: Visit) -> list[str]:
    """What does not work now, since when, and what still does."""
    return [*_connection_warnings(visit), *_finding_warnings(visit)]


def is_growing(trend: Sequence[int]) -> bool:
    """Whether the second half of the days brought clearly more contacts than the first."""
    half = len(trend) // 2
    before, lately = sum(trend[:half]), sum(trend[half:])
    return lately >= 3 and lately >= 2 * before


def _badges(
    summary: IssueSummary, trend: Sequence[int], until: datetime, helped: set[IssueId]
) -> tuple[str, ...]:
    first_seen = summary.first_seen_at
    badges = []
    if first_seen is not None and until - first_seen < _NEW_FOR:
        badges.append("New")
    elif is_growing(trend):
        badges.append("Growing")
    if summary.issue.id in helped:
        badges.append("Workaround")
    return tuple(badges)


def _connection_warnings(visit: Visit) -> list[str]:
    found = []
    for connection in _connections_of(visit):
        if connection.paused_until is None or connection.trouble is None:
            continue
        found.append(
            f"{connection.name.capitalize()} cannot be used now: {connection.trouble}. The next "
            f"try is at {connection.paused_until:%H:%M UTC}. Contacts still come in, issues can "
            "still be reviewed, and tickets asked for meanwhile are filed later, once each."
        )
    return found


def _connections_of(visit: Visit) -> list[Connection]:
    """The product's connections."""
    return [one for one in visit.store.connections.trackers() if one.product_id == visit.product.id]


def _finding_warnings(visit: Visit) -> list[str]:
    waiting, oldest = visit.store.contacts.waiting_since(visit.product.id)
    if oldest is None or visit.now - oldest < _WAIT_IS_LONG:
        return []
    return [
        f"Issue finding is behind: {waiting} contacts wait, the oldest since "
        f"{oldest:%Y-%m-%d %H:%M UTC}. They are kept and will be placed; counts are too low until "
        "then. `bridge doctor` says what is wrong."
    ]
