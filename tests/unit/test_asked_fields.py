"""Fields that a project asks for: named for people, and their words as Jira takes them."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import JsonValue

from bridge.domain.errors import InvalidInput
from bridge.domain.tickets import FieldKind
from integrations.jira.answers import ScreenField
from integrations.jira.asked import (
    asked_for,
    described,
    find_field,
    in_words,
    kind_of,
    ticket_field,
    values_of,
)
from integrations.jira.settings import JiraSettings

SETTINGS = JiraSettings(
    url="https://acme.example",
    user="bot@acme.example",
    token="t",
    project="FB",
    issue_type="10001",
    number_field="customfield_1",
)


def a_field(
    kind: str = "string", *, name: str = "Team", id: str = "customfield_9", **more: Any
) -> ScreenField:
    schema = {"type": kind, **more.pop("schema", {})}
    return ScreenField.model_validate({"fieldId": id, "name": name, "schema": schema, **more})


SEVERITY = a_field(
    "option",
    name="Severity",
    id="customfield_8",
    required=True,
    allowedValues=[{"id": "1", "value": "High"}, {"id": "2", "value": "Low"}],
)


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        (a_field(), "Blue", "Blue"),
        (a_field("number"), "2.5", 2.5),
        (a_field("date"), "2026-03-31", "2026-03-31"),
        (a_field("datetime"), "2026-03-31T09:00:00.000+0000", "2026-03-31T09:00:00.000+0000"),
        (a_field("user"), "712020:ab", {"accountId": "712020:ab"}),
        (a_field("array", schema={"items": "string"}), "red, blue", ["red", "blue"]),
        (SEVERITY, " high ", {"id": "1"}),
        (SEVERITY, "2", {"id": "2"}),
        (
            a_field(
                "array", allowedValues=[{"id": "7", "name": "Core"}, {"id": "8", "name": "UI"}]
            ),
            "ui, core",
            [{"id": "8"}, {"id": "7"}],
        ),
        (a_field("option", allowedValues=[{"value": "Only"}]), "only", {"value": "Only"}),
    ],
)
def test_a_text_becomes_what_the_field_takes(
    field: ScreenField, text: str, value: JsonValue
) -> None:
    assert values_of([field], {field.name: text}) == {field.field_id: value}


def test_a_text_area_becomes_a_document() -> None:
    schema = {"custom": "com.atlassian.jira.plugin.system.customfieldtypes:textarea"}
    found = values_of([a_field(schema=schema)], {"team": "two\nlines"})["customfield_9"]
    assert isinstance(found, dict)
    assert found["type"] == "doc"
    assert len(found["content"]) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        (SEVERITY, "Huge", "Severity takes one of: High, Low"),
        (a_field("number"), "many", "Team takes a number"),
        (a_field("date"), "31.3.2026", "Team takes a day, such as 2026-03-31"),
        (a_field("option-with-child", allowedValues=[{"id": "1"}]), "a", "optional in Jira"),
    ],
)
def test_a_text_that_does_not_fit_is_told_in_words(
    field: ScreenField, text: str, words: str
) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        values_of([field], {field.field_id: text})
    assert caught.value.pointer == f"/fields/{field.field_id}"


def test_the_last_word_about_a_field_counts_and_an_empty_one_takes_it_back() -> None:
    screen = [SEVERITY]
    assert values_of(screen, {"customfield_8": "Low", "Severity": "High"}) == {
        "customfield_8": {"id": "1"}
    }
    assert values_of(screen, {"customfield_8": "Low", "Severity": ""}) == {}


def test_what_is_on_no_screen_and_what_is_no_text_goes_as_it_came() -> None:
    given: dict[str, JsonValue] = {"customfield_99": "x", "Severity": {"id": "2"}}
    assert values_of([SEVERITY], given) == {"customfield_99": "x", "customfield_8": {"id": "2"}}


def test_required_fields_that_nobody_fills_are_asked_for_by_name() -> None:
    screen = [
        SEVERITY,
        a_field(required=True),
        a_field(name="Summary", id="summary", required=True),
        a_field("number", name="Customers", id="customfield_1", required=True),
        a_field(name="Reporter", id="reporter", required=True),
        a_field("priority", name="Priority", id="priority", required=True, hasDefaultValue=True),
        a_field(name="Optional", id="customfield_3"),
    ]
    asked = asked_for(screen, SETTINGS)
    assert in_words(asked) == "Severity (one of: High, Low), Team (a text)"
    filled = replace(SETTINGS, fields={"severity": "High", "customfield_9": ""})
    assert [one.name for one in asked_for(screen[:2], filled)] == ["Team"]


def test_a_refused_field_is_described_unless_it_is_ours() -> None:
    screen = [SEVERITY, a_field(name="Summary", id="summary")]
    (found,) = described(screen, {"customfield_8", "summary", "customfield_77"}, SETTINGS)
    assert (found.name, found.kind, found.choices) == (
        "Severity",
        FieldKind.CHOICE,
        ("High", "Low"),
    )


def test_many_choices_are_told_shortly_and_kept_whole() -> None:
    values = [{"id": str(number), "value": f"V{number}"} for number in range(30)]
    field = ticket_field(a_field("option", allowedValues=values))
    assert len(field.choices) == 30
    assert in_words([field]).endswith("V18, V19, …)")


def test_a_field_without_a_schema_is_for_jiras_own_pages() -> None:
    bare = ScreenField.model_validate({"fieldId": "x", "name": "X"})
    assert kind_of(bare) is FieldKind.OTHER
    assert find_field([bare], " x ") is bare
