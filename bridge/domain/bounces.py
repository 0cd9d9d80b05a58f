"""What mail servers say later of a mail that they took: whether it arrived, and why not."""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")
_NOT_THE_ADDRESS = frozenset({"6", "7"})
"""Subjects of RFC 3463 that blame the mail or us: its content, or the server's policy."""
_TOO_BIG = ("3", "4")


class Fate(StrEnum):
    """What became of a mail for one recipient (RFC 3464, section 2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a delivery report says of one recipient of one mail."""

    mail_key: str | None
    """The part before the @ of the Message-ID of the mail that it is about."""
    message_id: str | None
    """Our own name of the message, where the report repeats our header."""
    recipients: tuple[str, ...]
    """The address that was written to, and the one it was passed on to."""
    fate: Fate
    status: str
    """Such as 5.1.1 (RFC 3463)."""
    words: str

    @property
    def is_dead(self) -> bool:
        """Whether nothing can be sent to the address any more.

        A permanent failure (5.x.x) says so, unless it blames the mail itself or the server's
        policy: those stand against us, and would end every address there.
        """
        found = _STATUS.fullmatch(self.status)
        if self.fate is not Fate.FAILED or found is None or found[1] != "5":
            return False
        return found[2] not in _NOT_THE_ADDRESS and (found[2], found[3]) != _TOO_BIG

    @property
    def reason(self) -> str:
        """For a person: that it came back, and what the server said."""
        return f"came back: {self.words or self.status or 'no reason given'}"


def mail_key(message_id: str) -> str:
    """The part before the @ of the Message-ID that a message always gets.

    Hashed, because an id may hold characters that a Message-ID must not.
    """
    return hashlib.sha256(message_id.encode()).hexdigest()[:32]
