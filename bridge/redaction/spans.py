"""What a detector reports: a stretch of text, its kind, and the value that keeps its number."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

PLACEHOLDER = re.compile(r"<(EMAIL|PHONE|CARD|IBAN|IP|SSN|SECRET|NAME|ACCOUNT)_(\d{1,6})>")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end`; `value` is the normalised form, equal for equal data."""

    start: int
    end: int
    kind: str
    value: str


Detector = Callable[[str], Iterator[Span]]
