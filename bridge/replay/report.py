"""The files that a replay leaves: assignments, tickets, events and a summary."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bridge.domain.contacts import ContactId
from bridge.domain.issues import IssueId
from bridge.domain.products import Product
from bridge.replay.measure import Meter
from bridge.replay.releases import NotShipped, Told
from bridge.store import Store
from bridge.store.issues import IssueFilter
from bridge.wiring import Application

_EVENTS = {"shipped": "shipped", "regressed": "regressed", "verified": "verified"}
_EVENTS |= {"possible_return": "possible_return"}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A contact as the file names it and as the database does."""

    external_id: str
    contact_id: ContactId


@dataclass(slots=True)
class Record:
    """What was seen on the way."""

    arrivals: list[Arrival] = field(default_factory=list)
    moved_shares: list[float] = field(default_factory=list)
    told: Sequence[Told] = ()
    not_shipped: Sequence[NotShipped] = ()


def write_report(  # noqa: PLR0913 - the report is made of all of these
    record: Record,
    *,
    application: Application,
    product: Product,
    meter: Meter,
    questions_asked: int,
    out: Path,
) -> dict[str, object]:
    """Write the four files and return the summary."""
    moved_shares = record.moved_shares
    with application.open() as store:
        homes = store.issues.homes(product.id)
        first_homes = store.issues.homes_at_arrival(product.id)
        survivors = store.issues.survivors(product.id)
        tickets = list(_tickets(store, product, survivors))
        events = list(_events(store, product, record))
        issue_count = len(store.issues.search(product.id, IssueFilter(limit=1_000_000)))
    _write(
        out / "assignments.jsonl",
        (_assignment(one, homes, first_homes, survivors) for one in record.arrivals),
    )
    _write(out / "tickets.jsonl", tickets)
    _write(out / "events.jsonl", events)
    summary: dict[str, object] = {
        "contacts": len(record.arrivals),
        "assigned": len(homes),
        "issues": issue_count,
        "tickets": len(tickets),
        "wall_seconds": round(meter.wall_seconds, 2),
        "cpu_seconds": round(meter.cpu_seconds, 2),
        "peak_pss_bytes": meter.peak_pss_bytes,
        "moved_share": {
            "median": round(median(moved_shares), 4) if moved_shares else 0.0,
            "maximum": round(max(moved_shares), 4) if moved_shares else 0.0,
            "passes": len(moved_shares),
        },
        "questions_asked": questions_asked,
        "settings": {
            "min_contacts": product.min_contacts,
            "min_customers": product.min_customers,
            "encoder": application.context.encoder().name,
            "join_threshold": application.context.finder.join_threshold,
            "found_threshold": application.context.finder.found_threshold,
        },
    }
    (out / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    return summary


def _assignment(
    arrival: Arrival,
    homes: Mapping[ContactId, IssueId],
    first_homes: Mapping[ContactId, IssueId],
    survivors: Mapping[IssueId, IssueId],
) -> dict[str, object]:
    at_arrival = first_homes.get(arrival.contact_id)
    return {
        "id": arrival.external_id,
        "cluster": homes.get(arrival.contact_id),
        "cluster_at_arrival": survivors.get(at_arrival, at_arrival) if at_arrival else None,
    }


def _tickets(
    store: Store, product: Product, survivors: Mapping[IssueId, IssueId]
) -> Iterable[dict[str, object]]:
    """One line a ticket ever filed, with the count of its issue after the last contact."""
    for ticket, filed_for, filed_at in store.tickets.filed(product.id):
        issue_id = survivors.get(filed_for, filed_for)
        yield {
            "cluster": issue_id,
            "ts": _iso(filed_at),
            "customers": store.issues.counts(issue_id).customers,
            "key": ticket.ref.key,
        }


def _events(store: Store, product: Product, record: Record) -> Iterable[dict[str, object]]:
    for decision in store.decisions.of_product(product.id):
        if decision.action in _EVENTS:
            event = _EVENTS[decision.action]
            yield {"ts": _iso(decision.at), "cluster": decision.issue_id, "event": event}
    for told in record.told:
        yield {
            "ts": _iso(told.at),
            "cluster": told.issue_id,
            "event": "told",
            "customers": list(told.customers),
        }
    for one in record.not_shipped:
        yield {
            "ts": _iso(one.at),
            "cluster": one.cluster,
            "event": "not_shipped",
            "reason": one.reason,
        }
    for notice in reversed(store.notices.of_person(product.id, None, limit=1_000_000)):
        yield {
            "ts": _iso(notice.created_at),
            "cluster": notice.issue_id,
            "event": "told",
            "recipients": [notice.recipient],
        }


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _write(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
