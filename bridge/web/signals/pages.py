"""The page of ship signals: what counts as shipped, who tells what is out, and what came."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Response

from bridge.domain.errors import InvalidMove
from bridge.domain.permissions import Action
from bridge.domain.products import ShipRule
from bridge.domain.signals import Counts, SignalMap
from bridge.steps.ship_rule import set_ship_rule
from bridge.steps.signals import map_of, retry
from bridge.store.connections import Connection
from bridge.store.deliveries import DeliveryState
from bridge.web import words
from bridge.web.pages import PageRoute, page, redirect, status_of
from bridge.web.visit import SubmissionDep, Visit, VisitDep, needs
from bridge.wiring.signals import address_of, secrets_of, signal_connections

router = APIRouter(prefix="/signals", route_class=PageRoute, include_in_schema=False)

_PAGE_SIZE = 20
_DONE = {
    "rule": "Saved. What it ships that waited already follows in a moment.",
    "again": "It is read again in a moment.",
}
RULES: Mapping[ShipRule, str] = {
    ShipRule.VERSIONS: "A version that the ticket names is out",
    ShipRule.DONE: "The ticket is done",
    ShipRule.DEPLOYMENT: "The next deployment to production after the ticket was done",
    ShipRule.BY_HAND: "A person says so",
}
KINDS: Mapping[str, str] = {"github": "GitHub", "gitlab": "GitLab", "cdevents": "CDEvents"}
STATES: Mapping[DeliveryState, str] = {
    DeliveryState.RECEIVED: "Is read in a moment",
    DeliveryState.WAITING: "Waits for its day",
    DeliveryState.DONE: "Followed",
    DeliveryState.IGNORED: "Means nothing here",
    DeliveryState.UNMAPPED: "Not mapped",
    DeliveryState.FAILED: "Cannot be read",
}
_COUNTS: Mapping[Counts, str] = {
    Counts.BOTH: "Releases and deployments count",
    Counts.RELEASES: "Only releases count",
    Counts.DEPLOYMENTS: "Only deployments count",
}
_SHELVES: Mapping[str, tuple[str, tuple[DeliveryState, ...]]] = {
    "all": ("All", ()),
    "followed": ("Followed", (DeliveryState.DONE,)),
    "unmapped": ("Not mapped", (DeliveryState.UNMAPPED,)),
    "failed": ("Cannot be read", (DeliveryState.FAILED,)),
}
_AGAIN = (DeliveryState.UNMAPPED, DeliveryState.FAILED, DeliveryState.IGNORED)

Id = Annotated[int, Path(ge=1, lt=1 << 63)]


@dataclass(frozen=True, slots=True)
class Shown:
    """A connection as the page shows it."""

    one: Connection
    kind: str
    address: str
    mapping: SignalMap
    counts: str
    has_two_secrets: bool
    deliveries: Mapping[DeliveryState, int]
    refused_at: datetime | None


@router.get("")
def show_signals(
    visit: VisitDep,
    shelf: Annotated[str, Query(max_length=20)] = "all",
    before: Annotated[int | None, Query(ge=1, lt=1 << 63)] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """For whoever may say that a version is out."""
    return _show(visit, shelf=shelf, before=before, done=done)


@router.post("/rule", dependencies=[needs(Action.OPERATE)])
def set_rule(visit: SubmissionDep, rule: Annotated[ShipRule, Form()]) -> Response:
    """Say what counts as shipped."""
    visit.caller.require(Action.OPERATE)
    set_ship_rule(visit.product, rule, store=visit.store, cause=visit.cause())
    return redirect(visit.address("/signals", done="rule"))


@router.post("/deliveries/{delivery_id}/retry", dependencies=[needs(Action.SHIP)])
def read_again(delivery_id: Id, visit: SubmissionDep) -> Response:
    """Read a delivery again."""
    visit.caller.require(Action.SHIP)
    found = visit.store.deliveries.get(visit.product.id, delivery_id)
    try:
        retry(found, store=visit.store)
    except InvalidMove as error:
        return _show(visit, error=error)
    return redirect(visit.address("/signals", done="again"))


def _show(
    visit: Visit,
    *,
    shelf: str = "all",
    before: int | None = None,
    done: str = "",
    error: InvalidMove | None = None,
) -> Response:
    visit.caller.require(Action.SHIP)
    shelf = shelf if shelf in _SHELVES else "all"
    context = visit.web.application.context
    found = signal_connections(visit.product, store=visit.store, context=context)
    names = {one.id: one.name for one in found}
    log = visit.store.deliveries.log(
        list(names), _SHELVES[shelf][1], limit=_PAGE_SIZE + 1, before=before
    )
    shown = log[:_PAGE_SIZE]
    status = {"status": status_of(error)} if error else {}
    return page(
        visit,
        "signals.html",
        connections=[_shown(one, visit) for one in found],
        names=names,
        log=shown,
        can_retry=_AGAIN,
        states=STATES,
        rules=RULES,
        shelves={name: title for name, (title, _) in _SHELVES.items()},
        shelf=shelf,
        before=before,
        older=shown[-1].id if len(log) > _PAGE_SIZE else None,
        done=_DONE.get(done, ""),
        trouble=words.sentence(str(error)) if error else "",
        **status,
    )


def _shown(one: Connection, visit: Visit) -> Shown:
    context, deliveries = visit.web.application.context, visit.store.deliveries
    mapping = map_of(one)
    return Shown(
        one=one,
        kind=KINDS.get(one.integration, one.integration),
        address=address_of(one, context.settings),
        mapping=mapping,
        counts=_COUNTS[mapping.counts],
        has_two_secrets=len(secrets_of(one, context.secrets)) > 1,
        deliveries=deliveries.counts(one.id),
        refused_at=deliveries.refused_at(one.id),
    )
