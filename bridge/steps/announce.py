"""Announce: events for other systems, planned in the transaction of what they tell.

Bodies are thin: they say what happened to which issue; whoever wants more asks the API.
"""

import json
from collections.abc import Mapping
from datetime import datetime

from bridge.domain.issues import Issue, IssueState
from bridge.steps.outside import wake_sender
from bridge.store import Store
from bridge.store.connections import Connection
from bridge.store.messages import Outgoing, Planned

ENDPOINT = "standard_webhooks"
"""The kind of connection that events go to."""
EVENTS = (
    "issue.filed",
    "issue.affected_count_changed",
    "fix.shipped",
    "fix.withdrawn",
    "issue.regressed",
    "issue.verified",
    "workaround.retired",
    "workaround.restored",
    "outage.declared",
    "outage.cleared",
)
"""What can be told, as an endpoint chooses it."""
TEST_EVENT = "endpoint.test"
_S = IssueState
_OF_MOVE: Mapping[tuple[IssueState, IssueState], str] = {
    (_S.CONFIRMED, _S.FILED): "issue.filed",
    (_S.REGRESSED, _S.FILED): "issue.filed",
    (_S.SHIPPED, _S.VERIFIED): "issue.verified",
}


def announce_move(
    before: Issue, after: Issue, decision: int, *, store: Store, at: datetime
) -> None:
    """Tell of a move that others wait for; the decision about it makes it one event."""
    kind = _OF_MOVE.get((before.state, after.state))
    if after.state is IssueState.SHIPPED:
        kind = "fix.shipped"
    if kind is not None:
        announce(kind, after, {}, key=str(decision), store=store, at=at)


def announce(  # noqa: PLR0913 - an event is told by all of these
    kind: str,
    issue: Issue,
    more: Mapping[str, object],
    *,
    key: str,
    store: Store,
    at: datetime,
) -> None:
    """Plan an event for every endpoint that wants its kind; once for a key."""
    for endpoint in store.connections.of_kind(issue.product_id, ENDPOINT):
        wanted = endpoint.config.get("events")
        if endpoint.disabled_at is None and (not isinstance(wanted, list) or kind in wanted):
            data = {
                "product": store.products.get(issue.product_id).slug,
                "issue": issue.name,
                "title": issue.title,
                "state": issue.state.value,
                "episode": issue.episode,
                "fixed_in": issue.fixed_in,
                **more,
            }
            plan_event(endpoint, kind, data, key=f"{issue.id}:{key}", store=store, at=at)


def plan_event(  # noqa: PLR0913 - an event is told by all of these
    endpoint: Connection,
    kind: str,
    data: Mapping[str, object],
    *,
    key: str,
    store: Store,
    at: datetime,
) -> Outgoing | None:
    """Plan one event for one endpoint; None when it was planned before."""
    body = json.dumps({"type": kind, "timestamp": at.isoformat(), "data": data})
    planned = Planned(
        event=f"{kind}:{key}",
        recipient=endpoint.name,
        channel=f"webhook:{endpoint.id}",
        subject=kind,
        text=body,
        due_at=at,
        connection_id=endpoint.id,
    )
    outgoing_id = store.messages.plan(endpoint.product_id, planned, now=at)
    if outgoing_id is None:
        return None
    outgoing = store.messages.get(endpoint.product_id, outgoing_id)
    wake_sender(outgoing, store)
    return outgoing
