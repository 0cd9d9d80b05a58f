"""What is wrong with a request is told in plain words, whatever body it is."""

from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from bridge.api import app
from bridge.api.errors import describe, make_problem
from bridge.api.findings import words_of
from bridge.api.wire import ISSUE_PATTERN, Given
from bridge.cli.opening import read_settings
from bridge.domain.errors import NotConfigured
from bridge.domain.permissions import Action

_WRONG: tuple[object, ...] = (
    *(None, True, 5, -(2**70), 2.5, float("nan"), "", "x", "\x00", "x" * 60_000),
    *([], [None], [5], ["x"] * 1_001, {}, {"x": None}, {"x" * 2_000: [], "y": 5}),
    *("2026-03-03", "2026-03-03T09:15:00", "0001-01-01T00:00:00Z", "31.12.2026"),
)


def _bodies(kind: type[Given] = Given) -> Iterator[type[Given]]:
    for one in kind.__subclasses__():
        yield one
        yield from _bodies(one)


@pytest.mark.parametrize("body", sorted(set(_bodies()), key=str), ids=lambda body: body.__name__)
def test_no_word_of_the_validator_reaches_a_caller(body: type[Given]) -> None:
    assert app
    for name in (*body.model_fields, "nobody_knows_it"):
        for wrong in _WRONG:
            try:
                body.model_validate({name: wrong})
            except ValidationError as error:
                for one in error.errors():
                    told = words_of(one["type"], one["msg"], one.get("ctx") or {})
                    assert told != "this cannot be used", one
                    assert not told.startswith(("Input", "Value", "String", "List")), one
                    assert not told.endswith("."), one


@pytest.mark.parametrize(
    ("kind", "facts", "words"),
    [
        ("missing", {}, "this is required"),
        ("string_too_short", {"min_length": 1}, "this must not be empty"),
        ("string_too_short", {"min_length": 3}, "this is too short: at least 3 characters"),
        ("string_too_long", {"max_length": 2_000}, "this is too long: at most 2,000 characters"),
        (
            "too_long",
            {"field_type": "Value", "max_length": 9},
            "this is too long: at most 9 characters",
        ),
        ("too_short", {"min_length": 1}, "this needs at least 1 item"),
        ("less_than_equal", {"le": 100}, "this must be 100 or less"),
        (
            "enum",
            {"expected": "'internal' or 'customer'"},
            "this must be one of: internal, customer",
        ),
        ("string_pattern_mismatch", {"pattern": "^(a|b)$"}, "this must be one of: a, b"),
        (
            "string_pattern_mismatch",
            {"pattern": ISSUE_PATTERN},
            "an issue is named ISS-42, or by its number",
        ),
        (
            "string_pattern_mismatch",
            {"pattern": "^[a-z]+\\d$"},
            "this is not written as it should be",
        ),
        (
            "too_short",
            {"field_type": "Value", "min_length": 1},
            "this must not be empty",
        ),
        (
            "too_short",
            {"field_type": "Value", "min_length": 8},
            "this is too short: at least 8 characters",
        ),
        ("int_type", {}, "this must be a whole number such as 30, without quotes"),
        ("some_new_kind", {}, "this cannot be used"),
    ],
)
def test_each_finding_has_its_sentence(kind: str, facts: dict[str, object], words: str) -> None:
    assert words_of(kind, "Input should be a valid thing", facts) == words


def test_our_own_sentences_stay_as_they_are() -> None:
    assert words_of("value_error", "Value error, must not be empty", {}) == "must not be empty"
    found = describe(("body", "customer", "email"), kind="missing", words="this is required")
    assert (found.pointer, found.detail) == ("/customer/email", "this is required")
    assert make_problem(422, errors=[found]).title == "Invalid input"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("BRIDGE_VERIFY_AFTER_DAYS", "soon", "this must be a number"),
        ("BRIDGE_ENCODER_THREADS", "many", "this must be a whole number"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_in_the_same_words(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(NotConfigured, match=f"{name}: {words}; see bridge config check"):
        read_settings(None)


def test_what_a_role_may_not_do_is_told_in_words() -> None:
    assert all(one.words and "_" not in one.words for one in Action)
