"""Which integration reads delivery reports."""

import mailbox
from collections.abc import Iterator
from pathlib import Path

from bridge.domain.bounces import Bounce
from bridge.domain.errors import InvalidInput
from integrations.smtp.bounces import read_bounces

MEDIA_TYPES = ("message/rfc822", "message/delivery-status", "text/plain")
_MBOX = b"From "

__all__ = ["MEDIA_TYPES", "bounces_in", "read_bounces"]


def bounces_in(raw: bytes, file: Path | None) -> Iterator[list[Bounce]]:
    """What each mail says: of one mail, or of all in a mailbox (mbox)."""
    if not raw.startswith(_MBOX):
        yield read_bounces(raw)
        return
    if file is None:
        raise InvalidInput("a mailbox cannot be read from standard input: name the file")
    box = mailbox.mbox(file, create=False)
    try:
        for key in box.iterkeys():
            yield read_bounces(box.get_bytes(key))
    finally:
        box.close()
