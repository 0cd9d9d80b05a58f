"""A refused ticket: which fields a person has to fill in, and what was chosen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import structlog

from bridge.domain.errors import InvalidInput, InvalidMove, OutsideError, Refused
from bridge.domain.tickets import (
    OWN_FIELDS,
    TRACKERS,
    Attempt,
    Filing,
    FilingState,
    TicketField,
)
from bridge.ports import Tracker
from bridge.steps.context import Context
from bridge.steps.linking import file_now
from bridge.steps.moves import Cause
from bridge.store import Store
from bridge.store.connections import Connection

log = structlog.get_logger()


def note_refusal(attempt: Attempt, error: Refused, tracker: Tracker, context: Context) -> None:
    """Set the filing aside with the tracker's words, and ask for the fields it named."""
    asked = _asked(error, tracker)
    with context.open() as store:
        if store.attempts.end(attempt, FilingState.REFUSED, reason=_in_words(error, asked)):
            store.filings.ask(attempt.filing_id, asked)
    log.warning("the tracker refused a ticket", filing_id=attempt.filing_id)


@dataclass(frozen=True, slots=True)
class FieldsChosen:
    """What a person chose for fields of the ticket, by id or name."""

    fields: Mapping[str, str]
    for_all: bool = False
    """For every later ticket of the connection too."""


def choose_fields(filing: Filing, given: FieldsChosen, *, store: Store) -> None:
    """Keep what a person chose; raises InvalidInput when an asked field does not take it."""
    if not given.fields:
        return
    chosen = _checked(given.fields, filing.asks)
    store.filings.choose(filing.id, chosen)
    if given.for_all:
        store.connections.keep_fields(filing.connection_id, chosen)


def set_fields(
    connection: Connection, given: Mapping[str, str], *, store: Store, cause: Cause
) -> None:
    """Give fields of every later ticket these values; an empty one takes a value back.

    Refused filings that asked for nothing else go on. Raises InvalidMove for what is no tracker,
    InvalidInput when a field that one of them asks for does not take its value.
    """
    if connection.integration not in TRACKERS:
        raise InvalidMove(f"{connection.name} is no tracker: only tickets have fields")
    refused = store.filings.refused(connection.id)
    chosen = _checked(given, [ask for one in refused for ask in one.asks])
    store.connections.keep_fields(connection.id, chosen)
    store.decisions.record(
        connection.product_id,
        "fields_set",
        at=cause.at,
        actor=cause.actor,
        after={"connection": connection.id, "fields": chosen},
        reason=cause.reason,
        origin=cause.origin,
    )
    filled = {name for name, value in {**connection.fields, **chosen}.items() if value != ""}
    for filing in refused:
        if filing.asks and filled.issuperset(ask.id for ask in filing.asks):
            try_again(filing, store=store, cause=cause)


def try_again(filing: Filing, *, store: Store, cause: Cause) -> bool:
    """Plan a filing once more and say so in the history; False when somebody has moved it on."""
    if not store.filings.plan_again(filing.id, after=filing.state):
        return False
    note_again(filing, filing.state.value, store=store, cause=cause)
    return True


def note_again(filing: Filing, before: str, *, store: Store, cause: Cause) -> None:
    """A filing was planned once more: write it into the history and wake it."""
    issue = store.issues.standing_for(store.filings.product_of(filing.id), filing.issue_id)
    store.decisions.record(
        issue.product_id,
        "file_again",
        at=cause.at,
        actor=cause.actor,
        issue_id=issue.id,
        before={"filing": before},
        after={"filing": filing.id},
        reason=cause.reason,
        origin=cause.origin,
    )
    file_now(filing, store=store)


def _asked(error: Refused, tracker: Tracker) -> list[TicketField]:
    """The fields that the refusal named; without a description when that cannot be had now."""
    if not error.fields:
        return []
    try:
        found = tracker.describe(error.fields.keys())
    except OutsideError as trouble:
        log.warning("the refused fields could not be read", error=type(trouble).__name__)
        return []
    return [replace(one, told=error.fields.get(one.id, "")) for one in found]


def _in_words(error: Refused, asked: list[TicketField]) -> str:
    """The tracker's sentences with the names that people know."""
    told = str(error)
    further = [f"{id}: {one}" for id, one in error.fields.items() if one not in told]
    told += f" ({'; '.join(further)})" if further else ""
    for one in asked:
        told = told.replace(f"{one.id}:", f"{one.name}:")
    return told


def _checked(given: Mapping[str, str], asks: Iterable[TicketField]) -> dict[str, str]:
    """What was given, by the ids of the fields that were asked for, else as it was named."""
    by_name = {name.casefold(): one for one in asks for name in (one.id, one.name)}
    chosen: dict[str, str] = {}
    for name, value in given.items():
        if "".join(name.split()).casefold() in OWN_FIELDS:
            raise InvalidInput(
                f"{name.strip()} is filled by the bridge itself", pointer=f"/fields/{name}"
            )
        asked = by_name.get(name.strip().casefold())
        if asked is not None:
            _check(asked, value)
        chosen[asked.id if asked else name.strip()] = value.strip()
    return chosen


def _check(asked: TicketField, value: str) -> None:
    parts = [part.strip().casefold() for part in value.split(",")]
    known = {choice.casefold() for choice in asked.choices}
    if asked.kind.takes_one:
        parts = [value.strip().casefold()]
    if known and value.strip() and not known.issuperset(filter(None, parts)):
        raise InvalidInput(
            f"{asked.name} takes one of: {', '.join(asked.choices)}",
            pointer=f"/fields/{asked.name}",
        )
