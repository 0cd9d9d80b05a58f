"""Copies of a workaround outside: macros, articles, links; what is wanted of each, what is so."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bridge.domain.contacts import ProductId
from bridge.domain.workarounds import WorkaroundId

CopyId = NewType("CopyId", int)


class CopyKind(StrEnum):
    """What holds the copy."""

    MACRO = "macro"
    ARTICLE = "article"
    LINK = "link"
    """Any other place with an address: only a person can change it."""


class CopyOutcome(StrEnum):
    """What came of the last try to bring a copy to what is wanted."""

    DONE = "done"
    TASK_CREATED = "task_created"
    CONFLICT = "conflict"
    """Somebody changed it since it was linked: a person has to look."""
    UNSUPPORTED = "unsupported"
    """The other system cannot do it."""


@dataclass(frozen=True, slots=True)
class CopyRef:
    """Where a copy lives in its system."""

    kind: CopyKind
    remote_id: str
    locale: str = ""
    """Of an article: each language is one of its own."""


@dataclass(frozen=True, slots=True)
class RemoteCopy:
    """A copy as its system has it now."""

    ref: CopyRef
    title: str
    text: str
    url: str
    is_live: bool
    """Whether people are offered it."""
    content_hash: str
    """Of all that people may have written; not of whether it is offered."""
    uses_in_7_days: int | None = None
    uses_in_30_days: int | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy as we know it."""

    id: CopyId
    product_id: ProductId
    workaround_id: WorkaroundId
    connection_id: int | None
    """None for a plain link."""
    ref: CopyRef
    url: str
    title: str
    content_hash: str | None
    """As it was linked; None before it was read."""
    wants_live: bool
    is_live: bool | None
    """As it was last read; None where nobody can read it."""
    is_off_by_us: bool
    """Whether we have switched it off, or are about to."""
    outcome: CopyOutcome | None
    reason: str | None
    verified_at: datetime | None

    @property
    def is_settled(self) -> bool:
        """Whether it is, as far as anybody knows, as it is wanted."""
        if self.outcome in (CopyOutcome.TASK_CREATED, CopyOutcome.CONFLICT):
            return False
        return self.is_live is None or self.is_live is self.wants_live

    @property
    def was_never_out(self) -> bool:
        """Whether it was to be taken out of use and, as far as anybody knows, never was."""
        if self.connection_id is None:
            return self.outcome is not CopyOutcome.DONE
        return not self.is_off_by_us and self.is_live is not False


def names_version(text: str, version: str) -> bool:
    """Whether a text mentions that very version: 4.3 is neither 4.31 nor 4.3.1 nor 14.3."""
    plain = re.escape(version.strip().lower().removeprefix("v"))
    return re.search(rf"(?<![\d.]){plain}(?![\w-]|\.\d)", text.lower()) is not None


class Move(StrEnum):
    """What is to be done about a copy."""

    NOTHING = "nothing"
    """It is as it is wanted."""
    LINK = "link"
    """Remember how it is."""
    SEND = "send"
    """Ask its system to switch it."""
    ASK = "ask"
    """A person has to look."""


def next_move(copy: Copy, remote: RemoteCopy | None) -> tuple[Move, str]:
    """What is to be done about a copy that looks so now, and why."""
    if remote is None:
        if copy.wants_live:
            return Move.ASK, "it does not exist any more"
        return Move.NOTHING, "it does not exist any more"
    if copy.content_hash is None:
        return Move.LINK, "" if remote.is_live else "it was switched off when it was linked"
    if remote.is_live is copy.wants_live:
        return Move.NOTHING, ""
    if remote.content_hash != copy.content_hash:
        return Move.ASK, "somebody changed it since it was linked"
    if copy.wants_live and not copy.is_off_by_us:
        return Move.ASK, "somebody else switched it off"
    return Move.SEND, ""
