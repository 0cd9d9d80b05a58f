"""Letters in the words that a lead knows."""

from collections.abc import Callable, Mapping

from bridge.domain.letters import LetterKind, LetterState
from bridge.store.letters import Letter

_S = LetterState
_STATES: Mapping[LetterState, str] = {
    _S.DRAFTED: "to read",
    _S.APPROVED: "approved",
    _S.SENDING: "on the way",
    _S.SENT: "sent",
    _S.WAITING: "waiting for the fix",
    _S.SUPPRESSED: "not written to",
    _S.FAILED: "failed",
}
"""In the order a lead looks at them."""


def letter_state(state: LetterState) -> str:
    """How far a letter to one customer is."""
    return _STATES[state]


def letter_title(letter: Letter) -> str:
    """What a letter is about."""
    if letter.kind is LetterKind.CHECK_IN:
        return f"Check-in after {letter.version}"
    if letter.kind is LetterKind.CORRECTION:
        return f"Correction: not fixed in {letter.version}"
    return f"Fixed in {letter.version}"


def letter_counts(counts: Mapping[LetterState, int]) -> list[tuple[LetterState, int]]:
    """The states that some customers are in."""
    return [(state, counts[state]) for state in _STATES if counts.get(state)]


FILTERS: Mapping[str, Callable[..., object]] = {
    "letter_state": letter_state,
    "letter_title": letter_title,
    "letter_counts": letter_counts,
}
