"""Rows to contacts as the finder takes them: cleaned, redacted, told whether they say enough."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bridge.cleaning import clean, door_text
from bridge.discover.reading import Columns, RefusedRow, Row, read_contacts
from bridge.domain.contacts import ContactNature, RedactedText
from bridge.domain.errors import InvalidInput
from bridge.redaction import redact
from models.texts import says_enough

Watch = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

_SAY_EVERY = 500
_MOST_ID_BYTES = 400


@dataclass(frozen=True, slots=True)
class FileContact:
    """One contact of a file; its text is redacted, the original is not kept."""

    id: str
    """As the file has it."""
    text: RedactedText
    nature: ContactNature
    """Only a MESSAGE takes part in issue finding."""
    occurred_at: datetime | None
    language: str | None = None
    """As the file names it; None where it does not."""

    @property
    def shown_id(self) -> str:
        """The id without control characters, and not too long."""
        return door_text(self.id, max_bytes=_MOST_ID_BYTES)[0]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What became of the rows of a file."""

    contacts: list[FileContact]
    refused: list[RefusedRow]


def prepare(path: Path, columns: Columns, *, max_bytes: int, total: int, watch: Watch) -> Prepared:
    """Read, clean and redact every row; raises InvalidInput when none can be used."""
    prepared = Prepared([], [])
    for count, row in enumerate(read_contacts(path, columns), 1):
        if isinstance(row, RefusedRow):
            prepared.refused.append(row)
        else:
            prepared.contacts.append(as_contact(row, max_bytes=max_bytes))
        if count % _SAY_EVERY == 0:
            watch("cleaning", count, total)
    watch("cleaning", total, total)
    if not prepared.contacts:
        first = prepared.refused[0]
        raise InvalidInput(f"{path.name} has no row to use; line {first.line}: {first.reason}")
    return prepared


def as_contact(row: Row, *, max_bytes: int, region: str = "US") -> FileContact:
    """The part of a row that states the problem, without personal data."""
    cleaned = clean(row.text, subject=row.subject, max_bytes=max_bytes)
    text = redact(cleaned.text, known_names=row.names, region=region)
    nature = cleaned.nature
    if nature is ContactNature.MESSAGE and not says_enough(text):
        nature = ContactNature.EMPTY
    return FileContact(row.id, text, nature, row.occurred_at, row.language)
