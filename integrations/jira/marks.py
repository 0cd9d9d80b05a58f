"""How we recognise our own tickets: labels to find candidates, the property as the proof."""

import hashlib
import re

from pydantic import JsonValue, ValidationError

from bridge.domain.tickets import Attempt, Sighting, TicketStatus
from integrations.jira.answers import Issue, Mark
from integrations.jira.client import PROPERTY

COMMON_LABEL = "support-bridge"
"""On every ticket we file, so that one bounded search finds what changed among them."""
_FINGERPRINT_LABEL = re.compile("fb-[0-9a-f]{12}", re.IGNORECASE)


def fingerprint_label(fingerprint: str) -> str:
    """The label that makes a ticket's fingerprint searchable."""
    return f"fb-{_hash12(fingerprint)}"


def note_marker(key: str) -> str:
    """The last line of a comment of ours, by which we find it again."""
    return f"Ref. fb-note-{_hash12(key)}"


def first_mark(fingerprint: str, *, instance: str, attempt: Attempt) -> JsonValue:
    """The property sent along with the create, before the ticket has an id."""
    name = f"{attempt.filing_id}-{attempt.number}"
    return Mark(fingerprint=fingerprint, instance=instance, attempt=name).model_dump(
        by_alias=True, exclude_none=True
    )


def confirmed_mark(fingerprint: str, *, instance: str, ticket: str) -> JsonValue:
    """The property written after the create; it names the ticket it belongs on."""
    return Mark(fingerprint=fingerprint, instance=instance, ticket=ticket).model_dump(
        by_alias=True, exclude_none=True
    )


def mark_on(issue: Issue, *, instance: str) -> Mark | None:
    """This installation's mark on a ticket, if it carries one."""
    try:
        mark = Mark.model_validate(issue.properties.get(PROPERTY))
    except ValidationError:
        return None
    return mark if mark.instance == instance else None


def sighting_of(issue: Issue, status: TicketStatus, *, instance: str) -> Sighting:
    """A ticket as it stands, with what its mark says."""
    mark = mark_on(issue, instance=instance)
    return Sighting(
        status=status,
        fingerprint=mark.fingerprint if mark else None,
        is_copy=mark is not None and mark.ticket not in (None, issue.id),
        is_claimed=mark is not None and mark.ticket == issue.id,
    )


def is_ours(issue: Issue, *, fingerprint: str, instance: str) -> bool:
    """Whether this ticket is the one we filed under the fingerprint.

    A person's copy of our ticket carries our property too, but names the original's id.
    """
    mark = mark_on(issue, instance=instance)
    if mark is None or mark.fingerprint != fingerprint:
        return False
    return mark.ticket in (None, issue.id)


def is_our_label(label: str) -> bool:
    """Whether a label on a ticket says that it may be one of ours; people copy and edit labels."""
    return label.casefold() == COMMON_LABEL or _FINGERPRINT_LABEL.fullmatch(label) is not None


def _hash12(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
