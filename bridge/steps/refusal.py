"""A refused ticket: which fields a person has to fill in, and what was chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog

from bridge.domain.errors import InvalidInput, OutsideError, Refused
from bridge.domain.tickets import Attempt, Filing, FilingState, TicketField
from bridge.ports import Tracker
from bridge.steps.context import Context
from bridge.store import Store

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
    by_name = {name.casefold(): one for one in filing.asks for name in (one.id, one.name)}
    chosen: dict[str, str] = {}
    for name, value in given.fields.items():
        asked = by_name.get(name.strip().casefold())
        if asked is not None:
            _check(asked, value)
        chosen[asked.id if asked else name.strip()] = value.strip()
    store.filings.choose(filing.id, chosen)
    if given.for_all:
        store.connections.keep_fields(filing.connection_id, chosen)


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
