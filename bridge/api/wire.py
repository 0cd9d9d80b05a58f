"""The small types that request bodies, queries and paths are made of."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)

from bridge.cleaning import plain_text

MOST_ID = 2**63 - 1
MOST_NUMBER = 2**31 - 1
_EARLIEST_YEAR, _LATEST_YEAR = 1990, 9998
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ISSUE = re.compile(r"(?:ISS-)?([1-9][0-9]{0,9})", re.IGNORECASE | re.ASCII)
ISSUE_PATTERN = r"^([Ii][Ss][Ss]-)?[1-9][0-9]{0,9}$"


class Given(BaseModel):
    """A request body: members nobody knows are refused, so that a slip of the pen is noticed."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """An answer; it is built from our own values and never parsed."""

    model_config = ConfigDict(frozen=True)


def _only_text(value: object) -> object:
    # A bare number would be read as seconds since 1970.
    is_text = isinstance(value, str) and _DATE.match(value.strip())
    if not is_text and not isinstance(value, datetime):
        raise ValueError("a moment is a text such as 2026-03-03T09:15:00Z")
    return value


def _in_utc(moment: datetime) -> datetime:
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("this moment is out of range") from error
    if not _EARLIEST_YEAR <= moment.year <= _LATEST_YEAR:
        raise ValueError(f"the year must be {_EARLIEST_YEAR} or later, and at most {_LATEST_YEAR}")
    return moment


def _trimmed(value: str) -> str:
    if not (value := value.strip()):
        raise ValueError("must not be empty")
    return value


Text = Annotated[str, BeforeValidator(plain_text)]
ShortText = Annotated[Text, Field(max_length=1_000)]
Words = Annotated[Text, Field(min_length=1, max_length=20_000), AfterValidator(_trimmed)]
"""What a person writes: a reason, a workaround."""
Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_only_text),
    AfterValidator(_in_utc),
    Field(description="ISO 8601 with its zone", examples=["2026-03-03T09:15:00Z"]),
]
Identifier = Annotated[int, Field(strict=True, ge=1, le=MOST_ID)]


def issue_number(ref: object) -> int:
    """The number in ISS-42, "42" or 42; raises ValueError. Too large for any issue becomes 0."""
    if isinstance(ref, str) and (match := _ISSUE.fullmatch(ref)):
        number = int(match[1])
    elif isinstance(ref, int) and not isinstance(ref, bool) and ref >= 1:
        number = ref
    else:
        raise ValueError("an issue is named ISS-42, or by its number")
    return number if number <= MOST_NUMBER else 0


IssueRef = Annotated[
    int,
    BeforeValidator(issue_number),
    WithJsonSchema(
        {
            "description": "ISS-42, or its number",
            "anyOf": [
                {"type": "string", "pattern": ISSUE_PATTERN},
                {"type": "integer", "minimum": 1},
            ],
        }
    ),
]
"""Arrives as the number."""
