"""Why a ticket was closed: Jira's resolutions as the bridge's outcomes."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import TypeAdapter

from bridge.domain.issues import Outcome
from bridge.domain.tickets import StatusCategory, TicketRef, TicketStatus
from integrations.jira.answers import Fields, Resolution, Status
from integrations.jira.client import API, JiraClient
from integrations.jira.settings import JiraSettings
from integrations.jira.versions import to_version

_RESOLUTIONS = TypeAdapter(list[Resolution])

_KNOWN_NAMES: Mapping[str, Outcome] = {
    "done": Outcome.FIXED,
    "fixed": Outcome.FIXED,
    "resolved": Outcome.FIXED,
    "implemented": Outcome.FIXED,
    "completed": Outcome.FIXED,
    "fertig": Outcome.FIXED,
    "erledigt": Outcome.FIXED,
    "behoben": Outcome.FIXED,
    "listo": Outcome.FIXED,
    "hecho": Outcome.FIXED,
    "corregido": Outcome.FIXED,
    "terminé": Outcome.FIXED,
    "corrigé": Outcome.FIXED,
    "duplicate": Outcome.DUPLICATE,
    "duplikat": Outcome.DUPLICATE,
    "duplicado": Outcome.DUPLICATE,
    "doublon": Outcome.DUPLICATE,
    "cannot reproduce": Outcome.CANNOT_REPRODUCE,
    "can't reproduce": Outcome.CANNOT_REPRODUCE,
    "not reproducible": Outcome.CANNOT_REPRODUCE,
    "nicht reproduzierbar": Outcome.CANNOT_REPRODUCE,
}

_CATEGORIES: Mapping[str, StatusCategory] = {
    "new": StatusCategory.NEW,
    "undefined": StatusCategory.NEW,
    "indeterminate": StatusCategory.IN_PROGRESS,
    "done": StatusCategory.DONE,
}


def guess_outcome(name: str) -> Outcome:
    """The outcome a resolution's name suggests.

    A name we do not know is not a fix: telling customers of a fix that is none costs more than
    a person correcting the mapping.
    """
    return _KNOWN_NAMES.get(name.strip().casefold(), Outcome.WONT_FIX)


def guess_outcomes(client: JiraClient) -> dict[str, Outcome]:
    """A first mapping, resolution id to outcome, for a person to confirm in the settings."""
    resolutions = client.get(_RESOLUTIONS, f"{API}/resolution")
    return {resolution.id: guess_outcome(resolution.name) for resolution in resolutions}


def category_of(status: Status | None) -> StatusCategory:
    """The status by category; a category without meaning counts as not started."""
    return _CATEGORIES.get(status.status_category.key if status else "", StatusCategory.NEW)


def outcome_of(
    category: StatusCategory, resolution: Resolution | None, *, known: Mapping[str, Outcome]
) -> Outcome | None:
    """The outcome of a ticket: none while it is open, even if a resolution is set already."""
    if category is not StatusCategory.DONE or resolution is None:
        return None
    return known.get(resolution.id) or guess_outcome(resolution.name)


def status_of(
    ref: TicketRef, fields: Fields, settings: JiraSettings, *, now: datetime
) -> TicketStatus:
    """How a ticket stands, from the fields of an answer; now: for one without a last change."""
    category = category_of(fields.status)
    is_done = category is StatusCategory.DONE
    return TicketStatus(
        ref=ref,
        category=category,
        outcome=outcome_of(category, fields.resolution, known=settings.outcomes),
        uses_resolution=not is_done or fields.resolution is not None,
        versions=tuple(to_version(version) for version in fields.fix_versions),
        updated_at=fields.updated or now,
    )
