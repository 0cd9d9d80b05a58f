"""The rule of a product that says what counts as shipped, and what an issue waits for by it."""

from collections.abc import Sequence

from bridge.domain.issues import Issue, IssueState
from bridge.domain.products import Product, ShipRule
from bridge.steps.moves import Cause
from bridge.steps.track import track_soon
from bridge.store import Store
from bridge.store.tickets import Ticket

_MOST_NAMED = 5


def set_ship_rule(product: Product, rule: ShipRule, *, store: Store, cause: Cause) -> Product:
    """Say what counts as shipped from now on; what that ships already follows by jobs."""
    if rule is product.ship_rule:
        return product
    changed = store.products.configure(product.id, ship_rule=rule)
    store.decisions.record(
        product.id,
        "ship_rule",
        at=cause.at,
        actor=cause.actor,
        before={"ship_rule": product.ship_rule.value},
        after={"ship_rule": rule.value},
        reason=cause.reason,
        origin=cause.origin,
    )
    if rule is ShipRule.DONE:
        for ticket in store.meant.done_tickets(product.id):
            connection = store.connections.get(ticket.connection_id)
            track_soon(connection, ticket.ref.remote_id, store=store)
    return changed


def waits_for(issue: Issue, product: Product, store: Store) -> str:
    """What an issue waits for that engineering is done with; empty for any other."""
    if issue.state is not IssueState.RESOLVED or issue.merged_into is not None:
        return ""
    if product.ship_rule is ShipRule.BY_HAND:
        return "a person to say which release has the fix: this product ships by hand"
    for fixed in store.fixes.of_issue(issue.id):
        release = fixed.release
        is_partial = release.percent < product.full_percent and not release.is_withdrawn
        if fixed.episode == issue.episode and is_partial:
            return f"{release.version} to reach everybody: {release.percent} % have it so far"
    tickets = store.tickets.of_issue(issue.id)
    named = sorted({version for one in tickets for version in one.versions})
    missing = sorted(set(named) - store.meant.out_of(product.id, named))
    if product.ship_rule is ShipRule.DONE:
        return "its ticket to be read again: a done ticket counts as shipped here"
    if missing:
        return _version_words(missing)
    if named:
        return f"another version: {_list(named)} did not hold, or was taken back for this issue"
    if product.ship_rule is ShipRule.DEPLOYMENT:
        return "the next deployment to production"
    return _nothing_named(tickets)


def _version_words(missing: Sequence[str]) -> str:
    if len(missing) == 1:
        return f"version {missing[0]} to reach customers"
    return f"the first of the versions {_list(missing)} to reach customers"


def _nothing_named(tickets: Sequence[Ticket]) -> str:
    if not tickets:
        return "a person to say which release has the fix: it has no ticket"
    keys = _list([one.ref.key for one in tickets])
    verb = "names" if len(tickets) == 1 else "name"
    return f"a version: {keys} {verb} none. Name one there, or say which release has the fix"


def _list(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
