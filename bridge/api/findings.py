"""What is wrong with a request, in plain words: the validator's own are for programmers."""

import re
from collections.abc import Callable, Mapping

from bridge.api.wire import ISSUE_PATTERN

Facts = Mapping[str, object]
"""What the validator knows of a finding, such as the limit that was passed."""

_A_CHOICE = re.compile(r"\^\(([\w|]+)\)\$")
_A_QUOTED = re.compile(r"'([^']*)'")
_MOMENT = "this is no moment: say it like 2026-03-03T09:15:00Z"
_WHOLE = "this must be a whole number"
_PLAIN = "this must be a whole number such as 30, without quotes"
_NUMBER = "this must be a number"
_OBJECT = "this must be an object"
_LIST = "this must be a list"
_TEXT = "this must be a text"
_TRUTH = "this must be true or false"
_FIXED: Mapping[str, str] = {
    "extra_forbidden": "nobody knows this member",
    "missing": "this is required",
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "string_type": _TEXT,
    "string_unicode": "this must be a text in UTF-8",
    "int_type": _PLAIN,
    "int_parsing": _WHOLE,
    "int_parsing_size": "this number is too large",
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "timezone_aware": "this moment needs its zone: Z, or one such as +02:00",
    "date_type": "this is no day: say it like 2026-03-03",
    "date_parsing": "this is no day: say it like 2026-03-03",
    "date_from_datetime_parsing": "this is no day: say it like 2026-03-03",
    "date_from_datetime_inexact": "this must be a day without a time",
    "datetime_type": _MOMENT,
    "datetime_parsing": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "datetime_object_invalid": _MOMENT,
}
_MADE: Mapping[str, Callable[[Facts], str]] = {
    "string_too_short": lambda facts: _least(facts, "character"),
    "string_too_long": lambda facts: _most(facts),
    "too_short": lambda facts: _short(facts),
    "too_long": lambda facts: _long(facts),
    "greater_than": lambda facts: f"this must be more than {facts.get('gt')}",
    "greater_than_equal": lambda facts: f"this must be {facts.get('ge')} or more",
    "less_than": lambda facts: f"this must be less than {facts.get('lt')}",
    "less_than_equal": lambda facts: f"this must be {facts.get('le')} or less",
    "enum": lambda facts: _one_of(_A_QUOTED.findall(str(facts.get("expected", "")))),
    "literal_error": lambda facts: _one_of(_A_QUOTED.findall(str(facts.get("expected", "")))),
    "string_pattern_mismatch": lambda facts: _looks(str(facts.get("pattern", ""))),
}


def words_of(kind: str, message: str, facts: Facts) -> str:
    """One finding in a sentence without its full stop; our own sentences stay as they are."""
    if kind in _FIXED:
        return _FIXED[kind]
    if kind in _MADE:
        return _MADE[kind](facts)
    if kind in ("value_error", "unknown_parameter"):
        return message.removeprefix("Value error, ")
    return "this cannot be used"


def _least(facts: Facts, noun: str) -> str:
    if facts.get("min_length") == 1:
        return "this must not be empty"
    return f"this is too short: at least {_count(facts, noun)}"


def _short(facts: Facts) -> str:
    if _is_text(facts):
        return _least(facts, "character")
    return f"this needs at least {_count(facts, 'item')}"


def _most(facts: Facts) -> str:
    return f"this is too long: at most {_count(facts, 'character')}"


def _long(facts: Facts) -> str:
    return (
        _most(facts) if _is_text(facts) else f"these are too many: at most {_count(facts, 'item')}"
    )


def _is_text(facts: Facts) -> bool:
    # What is cleaned before its length is looked at is a value to the validator, and a text here.
    return facts.get("field_type") == "Value"


def _count(facts: Facts, noun: str) -> str:
    count = facts.get("min_length", facts.get("max_length"))
    return f"{count} {noun}" if count == 1 else f"{count:,} {noun}s"


def _one_of(names: list[str]) -> str:
    return f"this must be one of: {', '.join(names)}" if names else "this cannot be used"


def _looks(pattern: str) -> str:
    if pattern == ISSUE_PATTERN:
        return "an issue is named ISS-42, or by its number"
    choice = _A_CHOICE.fullmatch(pattern)
    return _one_of(choice[1].split("|")) if choice else "this is not written as it should be"
