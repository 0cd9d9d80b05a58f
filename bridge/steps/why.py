"""Why a contact is on its issue: the member most like it, and the phrases both use."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bridge.domain.contacts import ContactId, RedactedText
from bridge.domain.errors import OutsideError
from bridge.domain.issues import IssueId
from bridge.steps.context import Context, rows_of
from bridge.store import Store
from models.texts import cut, words

_MOST_MEMBERS = 200
_MOST_PHRASES = 2
_LEAST_LETTERS = 8
"""A shared phrase shorter than that says nothing."""
_SHOWN_CHARACTERS = 160
_GAP = re.compile(r"(?<=[\u3040-\u30ff\u3400-\u9fff]) (?=[\u3040-\u30ff\u3400-\u9fff])")
"""Where writing has no spaces, each character counts as a word."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The contact of the same issue that is most like a contact."""

    contact_id: ContactId
    text: str
    similarity: float
    shared: tuple[str, ...]
    """Phrases of both, longest first."""


def nearest_members(
    texts: Mapping[ContactId, RedactedText], issue_id: IssueId, *, store: Store, context: Context
) -> dict[ContactId, Nearest]:
    """For each of these contacts of an issue the most similar of its newest members.

    Nothing while the encoder cannot be had: whoever asks goes on without.
    """
    try:
        encoder = context.encoder()
    except OutsideError:
        return {}
    members = store.vectors.of_issue(issue_id, encoder.name, limit=_MOST_MEMBERS)
    own = store.vectors.of_contacts(list(texts), encoder.name)
    if len(members) < 2 or not own:
        return {}
    asked = list(own)
    ids = [member[0] for member in members]
    similarities = rows_of([own[one] for one in asked], encoder.dimensions) @ (
        rows_of([member[3] for member in members], encoder.dimensions).T
    )
    similarities[np.array(asked)[:, None] == np.array(ids)[None, :]] = -1
    found = {}
    for row, contact_id in enumerate(asked):
        best = int(similarities[row].argmax())
        text = members[best][1]
        found[contact_id] = Nearest(
            contact_id=ids[best],
            text=cut(" ".join(text.split()), _SHOWN_CHARACTERS),
            similarity=min(float(similarities[row, best]), 1.0),
            shared=shared_phrases(texts[contact_id], text),
        )
    return found


def shared_phrases(one: str, other: str) -> tuple[str, ...]:
    """The longest stretches of words that both texts have, without overlaps."""
    left, right = words(one)[:_MOST_MEMBERS], words(other)[:_MOST_MEMBERS]
    phrases: list[str] = []
    for _ in range(_MOST_PHRASES):
        start, length = _longest_common(left, right)
        phrase = " ".join(left[start : start + length])
        if length < 2 or len(phrase) < _LEAST_LETTERS:
            break
        phrases.append(_GAP.sub("", phrase))
        left[start : start + length] = [""]
    return tuple(phrases)


def _longest_common(left: Sequence[str], right: Sequence[str]) -> tuple[int, int]:
    """Where in the left list the longest run of both begins, and how long it is."""
    best = (0, 0)
    lengths = [0] * (len(right) + 1)
    for row, word in enumerate(left):
        before = lengths
        lengths = [0] * (len(right) + 1)
        for column, other in enumerate(right):
            if word and word == other:
                lengths[column + 1] = before[column] + 1
                if lengths[column + 1] > best[1]:
                    best = (row - lengths[column + 1] + 1, lengths[column + 1])
    return best
