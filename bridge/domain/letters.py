"""Letters to customers: how far each has come, why some get none, and what they may say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from bridge.domain.errors import InvalidInput
from bridge.domain.issues import IssueId
from bridge.domain.messages import MessageState

LANGUAGES = ("en", "de", "es")
"""What the project has texts in; a customer of another language is written to in the product's."""
MOST_SUBJECT, MOST_BODY, MOST_WORDS = 200, 10_000, 500


class LetterKind(StrEnum):
    """Why customers are written to."""

    FIX = "fix"
    CHECK_IN = "check_in"
    """Some days after the fix: is all well, and how easy was it?"""
    CORRECTION = "correction"
    """They were told of a fix that does not hold."""


class LetterState(StrEnum):
    """How far a letter to one customer has come."""

    WAITING = "waiting"
    """The fix has not reached this customer."""
    DRAFTED = "drafted"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    """The mail server took it, which does not mean that anybody read it."""
    SUPPRESSED = "suppressed"
    FAILED = "failed"


_S = LetterState
MOVES: Mapping[LetterState, frozenset[LetterState]] = MappingProxyType(
    {
        _S.WAITING: frozenset({_S.DRAFTED, _S.SUPPRESSED}),
        _S.DRAFTED: frozenset({_S.WAITING, _S.APPROVED, _S.SUPPRESSED}),
        _S.APPROVED: frozenset({_S.WAITING, _S.DRAFTED, _S.SENDING, _S.SUPPRESSED}),
        _S.SENDING: frozenset({_S.SENT, _S.SUPPRESSED, _S.FAILED}),
        _S.SENT: frozenset(),
        _S.SUPPRESSED: frozenset({_S.WAITING, _S.DRAFTED}),
        _S.FAILED: frozenset({_S.SENDING}),
    }
)
"""Only a person moves a letter to approved and from there to sending."""
OPEN = frozenset({_S.WAITING, _S.DRAFTED, _S.APPROVED})
"""Nothing has been handed over yet."""

_OF_MESSAGE = {
    MessageState.SENT: _S.SENT,
    MessageState.ACKNOWLEDGED: _S.SENT,
    MessageState.FAILED: _S.FAILED,
    MessageState.BOUNCED: _S.FAILED,
    MessageState.SUPPRESSED: _S.SUPPRESSED,
}


def state_of(kept: LetterState, message: MessageState | None) -> LetterState:
    """The state as shown: once a message carries the letter, the message tells."""
    return kept if message is None else _OF_MESSAGE.get(message, _S.SENDING)


class Why(StrEnum):
    """Why a customer is not written to."""

    NO_ADDRESS = "no_address"
    SHARED_ADDRESS = "shared_address"
    SAME_ADDRESS = "same_address"
    OPTED_OUT = "opted_out"
    BOUNCED = "bounced"
    NOT_REACHED = "not_reached"
    NOT_FIXED = "not_fixed"
    FIXED_AGAIN = "fixed_again"
    TAKEN_OFF = "taken_off"
    JOINED_LATE = "joined_late"


WHY_WORDS: Mapping[Why, str] = MappingProxyType(
    {
        Why.NO_ADDRESS: "no e-mail address is known",
        Why.SHARED_ADDRESS: "only a shared mailbox is known, which many people read",
        Why.SAME_ADDRESS: "the same address gets this letter already",
        Why.OPTED_OUT: "they want no letters",
        Why.BOUNCED: "mails to their address come back",
        Why.NOT_FIXED: "the fix does not hold any more",
        Why.FIXED_AGAIN: "it is fixed again, so there is nothing to correct",
        Why.TAKEN_OFF: "a person took them off",
        Why.JOINED_LATE: "joined after the fix, and may not belong; confirm them on the issue to"
        " include them",
    }
)
BY_HAND = frozenset({Why.NO_ADDRESS, Why.SHARED_ADDRESS, Why.BOUNCED})
"""Whom a person can still reach in another way."""


@dataclass(frozen=True, slots=True)
class LetterText:
    """What a letter says in one language, with its placeholders."""

    subject: str
    body: str
    notes: str = ""
    """Good to know besides, where a lead attached something."""


@dataclass(frozen=True, slots=True)
class FixWords:
    """What was fixed, in words for customers and in one language."""

    title: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class FixTold:
    """A fix as one customer is told of it."""

    issue_id: IssueId
    episode: int
    version: str
    has_it: bool | None


@dataclass(frozen=True, slots=True)
class LetterPlan:
    """How a product writes to its customers."""

    reply_to: str | None = None
    """Where answers by mail go; None: to the sender of all mail."""
    language: str = "en"
    """For customers whose language is not known, or has no text."""
    check_in_days: int | None = None
    """So many days after a fix a check-in is drafted; None: never."""
    texts: Mapping[LetterKind, Mapping[str, LetterText]] = field(default_factory=dict)
    """The product's own; those of the project where it has none."""


@dataclass(frozen=True, slots=True)
class LetterLinks:
    """Addresses in one customer's letter."""

    stop: str
    still_broken: str
    effort: str


_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_MEANT = re.compile(r"\{\s*([^\W\d]\w*)\s*\}")
"""What somebody may take for a placeholder, however it is written."""
_PLACES: Mapping[LetterKind, tuple[str, ...]] = MappingProxyType(
    {
        LetterKind.FIX: ("fixes", "still_broken", "opt_out"),
        LetterKind.CHECK_IN: ("fixes", "question", "opt_out"),
        LetterKind.CORRECTION: ("fixes", "opt_out"),
    }
)
"""What no letter of a kind may lack."""
_ALL_PLACES = ("greeting", "product", "fixes", "notes", "still_broken", "question", "opt_out")
_SUBJECT_PLACES = ("product",)


def check_text(kind: LetterKind, language: str, text: LetterText) -> LetterText:
    """The text without needless blanks; raises InvalidInput for what cannot be sent."""
    where = f"/texts/{language}"
    if language not in LANGUAGES:
        raise InvalidInput(f"there are texts in: {', '.join(LANGUAGES)}", pointer=where)
    subject, body = " ".join(text.subject.split()), text.body.strip()
    if not subject or not body:
        raise InvalidInput("a letter needs a subject and a text", pointer=where)
    sizes = ((subject, MOST_SUBJECT), (body, MOST_BODY), (text.notes, MOST_BODY))
    if any(len(value) > most for value, most in sizes):
        raise InvalidInput(
            f"at most {MOST_SUBJECT} characters of subject, {MOST_BODY:,} of text", pointer=where
        )
    named = set(_PLACEHOLDER.findall(body))
    missing = [name for name in _PLACES[kind] if name not in named]
    if missing:
        raise InvalidInput(f"the text must have {{{missing[0]}}} in it", pointer=where)
    _require_known(body, _ALL_PLACES, "the text", where)
    _require_known(subject, _SUBJECT_PLACES, "the subject", where)
    _require_known(text.notes, (), "what is good to know besides", where)
    return LetterText(subject, body, text.notes.strip())


def _require_known(text: str, places: tuple[str, ...], what: str, pointer: str) -> None:
    known = {f"{{{name}}}" for name in places}
    for found in _MEANT.finditer(text):
        if found[0] not in known:
            there = f"there are: {', '.join(f'{{{name}}}' for name in places)}"
            told = there if places else "nothing is filled in there"
            raise InvalidInput(f"{what} cannot have {found[0]}; {told}", pointer=pointer)


def check_words(words: FixWords, pointer: str = "/words") -> FixWords:
    """The words for a fix without needless blanks; raises InvalidInput for what cannot be sent.

    Nothing is filled in in them: a placeholder would reach the customer as it stands.
    """
    title, note = " ".join(words.title.split()), words.note.strip()
    if max(len(title), len(note)) > MOST_WORDS:
        raise InvalidInput(f"at most {MOST_WORDS} characters each", pointer=pointer)
    for text in (title, note):
        _require_known(text, (), "what was fixed", pointer)
    return FixWords(title, note)


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled once: what is filled in is never looked through."""
    filled = _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)
    return re.sub(r"\n{3,}", "\n\n", filled).strip()


_WORD = r"[^\W\d_]+(?:['’\-][^\W\d_]+)*\.?"
_NAME = re.compile(f"{_WORD}(?: {_WORD}){{0,5}}")
_MOST_NAME = 60


def greeting_name(name: str | None) -> str | None:
    """A name as a letter may say it; None for what is no name, such as an address or an advert."""
    plain = " ".join((name or "").split())
    return plain if len(plain) <= _MOST_NAME and _NAME.fullmatch(plain) else None


def language_of(told: str | None, otherwise: str) -> str:
    """The language of a letter: the customer's where there is a text in it."""
    short = (told or "").strip().lower().replace("_", "-").partition("-")[0]
    return short if short in LANGUAGES else otherwise


def is_open_until(sent_at: datetime | None, now: datetime, days: int) -> bool:
    """Whether answers to a letter are still taken."""
    return sent_at is None or (now - sent_at).days < days
