"""Lines that many unrelated contacts share: forms, footers and notes of a help desk.

Such a line says nothing about the problem, but makes contacts alike. It is told by what stands
around it: if the rest of the texts is about many things, the line belongs to none of them.
"""

import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from models.encoders.base import Encoder
from models.texts import says_enough, words
from models.vectors import Vector, Vectors, centered

LEAST_CUSTOMERS = 20
"""People who share a line before it is looked at."""
LEAST_RESTS = 10
"""Texts with something beside the line that are needed to judge it."""
MOST_COMMON = 20
"""Lines that are judged, those that most share."""
MOST_TEXTS = 40
"""Texts with a line by which it is judged."""
_MOST_LINES = 20
_LEAST_WORDS = 3
_MOST_ALIKE = 0.2
"""Mean similarity of the rests, after centring, from which on they may be about one thing."""
_DIGIT = re.compile(r"\d")


def line_keys(text: str) -> dict[str, str]:
    """The lines of a text by what makes them the same: small letters, no matter which digits.

    A text of one line has none: what stands alone is the problem. At most 20 lines, of three words
    and more.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < 2:
        return {}
    told = [line for line in lines if len(words(line)) >= _LEAST_WORDS]
    return {_key(line): line for line in told[:_MOST_LINES]}


def without_lines(text: str, is_template: Callable[[str], bool]) -> str:
    """The text without the lines whose key is a template's; all of it if too little is left."""
    kept = [line for line in text.split("\n") if not is_template(_key(line))]
    rest = "\n".join(kept).strip()
    return rest if says_enough(rest) else text


def around(texts: Iterable[str], is_line: Callable[[str], bool]) -> tuple[str, list[str]]:
    """A line as the first text has it, and what stands beside it, each wording once.

    is_line: whether a key of `line_keys` is the line's. Texts without it are passed over, and so is
    a rest that says too little. ("", []) when no text has it.
    """
    words = ""
    rests: dict[str, None] = {}
    for text in texts:
        mine = next((told for key, told in line_keys(text).items() if is_line(key)), None)
        if mine is None:
            continue
        words = words or mine.strip()
        rest = "\n".join(line for line in text.split("\n") if line != mine).strip()
        if says_enough(rest):
            rests[rest] = None
    return words, list(rests)


def is_template(rests: Sequence[str], encoder: Encoder, center: Vector) -> bool:
    """Whether a line stands for nothing; rests: what stands beside it, each wording once."""
    return len(rests) >= LEAST_RESTS and are_unrelated(encoder.encode(rests), center)


def are_unrelated(vectors: Vectors, center: Vector) -> bool:
    """Whether texts are about many things; vectors: a unit row each."""
    count = len(vectors)
    if count < LEAST_RESTS:
        return False
    total = centered(vectors, center).sum(axis=0)
    return bool((float(np.dot(total, total)) - count) / (count * (count - 1)) < _MOST_ALIKE)


def _key(line: str) -> str:
    return _DIGIT.sub("0", " ".join(line.casefold().split()))
