"""How we recognise our own tickets: labels to find candidates, the property as the proof."""

import hashlib
import re
from collections.abc import Mapping

from pydantic import JsonValue, ValidationError

from bridge.domain.tickets import Attempt, Sighting, TicketStatus
from integrations.jira.answers import Issue, Mark, Written
from integrations.jira.client import PROPERTY

COMMON_LABEL = "support-bridge"
"""On every ticket we file, so that one bounded search finds what changed among them."""
_FINGERPRINT_LABEL = re.compile("fb-[0-9a-f]{12}", re.IGNORECASE)


def fingerprint_label(fingerprint: str) -> str:
    """The label that makes a ticket's fingerprint searchable."""
    return f"fb-{_hash12(fingerprint)}"


def link_id(instance: str, fingerprint: str) -> str:
    """The id of our own by which Jira keeps one link back to an issue."""
    return f"{instance}:{fingerprint_label(fingerprint)}"


def note_marker(key: str) -> str:
    """The last line of a comment of ours, by which we find it again."""
    return f"Ref. fb-note-{_hash12(key)}"


def first_mark(
    fingerprint: str, *, instance: str, attempt: Attempt, written: Written | None = None
) -> JsonValue:
    """The property sent along with the create, before the ticket has an id."""
    name = f"{attempt.filing_id}-{attempt.number}"
    return _value(Mark(fingerprint=fingerprint, instance=instance, attempt=name, written=written))


def confirmed_mark(
    fingerprint: str, *, instance: str, ticket: str, written: Written | None = None
) -> JsonValue:
    """The property written after the create; it names the ticket it belongs on."""
    return _value(Mark(fingerprint=fingerprint, instance=instance, ticket=ticket, written=written))


def mark_in(properties: Mapping[str, JsonValue]) -> Mark | None:
    """Our mark among an issue's properties, if it has a readable one."""
    try:
        return Mark.model_validate(properties.get(PROPERTY))
    except ValidationError:
        return None


def written_on(remote_id: str, mark: Mark | None) -> Written | None:
    """What we wrote on the ticket that carries this mark.

    A copy has our words, but neither the link nor the comment of the ticket it was made from.
    """
    if mark is None or mark.written is None or mark.ticket in (None, remote_id):
        return mark.written if mark else None
    return mark.written.model_copy(update={"link": None, "comment": None, "comment_text": None})


def mark_on(issue: Issue, *, instance: str) -> Mark | None:
    """This installation's mark on a ticket, if it carries one."""
    mark = mark_in(issue.properties)
    return mark if mark is not None and mark.instance == instance else None


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


def _value(mark: Mark) -> JsonValue:
    return mark.model_dump(mode="json", by_alias=True, exclude_none=True)


def _hash12(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
