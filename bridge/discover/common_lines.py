"""Lines that contacts of all kinds share, such as forms and footers, are left out of a file."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bridge.discover.preparing import FileContact
from bridge.domain.contacts import ContactNature, RedactedText
from models.encoders.base import Encoder
from models.matching import find_center
from models.settings import FinderSettings
from models.templates import (
    LEAST_CUSTOMERS,
    MOST_COMMON,
    MOST_TEXTS,
    around,
    is_template,
    line_keys,
    without_lines,
)


def without_common_lines(
    contacts: Sequence[FileContact], encoder: Encoder, settings: FinderSettings
) -> list[FileContact]:
    """The contacts without such lines; who wrote them is not known, so contacts are counted."""
    messages = [one.text for one in contacts if one.nature is ContactNature.MESSAGE]
    counts = Counter(key for text in messages for key in line_keys(text))
    common = [key for key, count in counts.most_common(MOST_COMMON) if count >= LEAST_CUSTOMERS]
    if not common:
        return list(contacts)
    center = find_center(encoder.encode(messages[: settings.center_contacts]), settings=settings)
    templates = set()
    for key in common:
        _, rests = around(_some_with(key, messages), key.__eq__)
        if is_template(rests, encoder, center):
            templates.add(key)
    return [_without(one, templates) for one in contacts]


def _some_with(key: str, texts: Iterable[str]) -> list[str]:
    """The first texts that have a line."""
    found: list[str] = []
    for text in texts:
        if key in line_keys(text):
            found.append(text)
            if len(found) == MOST_TEXTS:
                break
    return found


def _without(contact: FileContact, templates: set[str]) -> FileContact:
    if contact.nature is not ContactNature.MESSAGE:
        return contact
    text = without_lines(contact.text, templates.__contains__)
    return contact if text == contact.text else replace(contact, text=RedactedText(text))
