"""Which of the fields we write a project has."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from integrations.jira.answers import ScreenField, ScreenFields
from integrations.jira.client import API, JiraClient
from integrations.jira.settings import JiraSettings

_SCREEN_FIELDS = TypeAdapter(ScreenFields)


@dataclass(frozen=True, slots=True)
class Screen:
    """The fields we may write, and what the priority can be."""

    present: frozenset[str]
    """Those of summary, description, priority and the number fields that can be written."""
    number_field: str | None
    accounts_field: str | None
    priorities: tuple[str, ...]
    """Ids of the project's scheme, the most urgent first; empty where we suggest none."""
    default_priority: str | None

    @classmethod
    def of(cls, fields: Sequence[ScreenField], settings: JiraSettings) -> "Screen":
        """What a create screen has of ours; a field with a configured value is a person's."""
        by_id = {entry.field_id: entry for entry in fields}
        numbers = {settings.number_field, settings.accounts_field}
        wanted = {"summary", "description", "priority", *numbers}
        present = frozenset(by_id.keys() & wanted) - settings.fields.keys()
        priority = by_id["priority"] if "priority" in present else None
        default = priority.default_value if priority else None
        return cls(
            present=present,
            number_field=settings.number_field if settings.number_field in present else None,
            accounts_field=settings.accounts_field if settings.accounts_field in present else None,
            priorities=priority.choices() if priority else (),
            default_priority=str(default["id"]) if isinstance(default, dict) else None,
        )

    def without(self, missing: Iterable[str]) -> "Screen":
        """The same, less some fields that turned out not to be there."""
        left = self.present - set(missing)
        return replace(
            self,
            present=left,
            number_field=self.number_field if self.number_field in left else None,
            accounts_field=self.accounts_field if self.accounts_field in left else None,
            priorities=self.priorities if "priority" in left else (),
        )


def screen_fields(client: JiraClient, settings: JiraSettings) -> list[ScreenField]:
    """All fields of the create screen."""
    path = f"{API}/issue/createmeta/{settings.project}/issuetypes/{settings.issue_type}"
    found: list[ScreenField] = []
    while True:
        page = client.get(_SCREEN_FIELDS, path, params={"startAt": len(found), "maxResults": 200})
        found.extend(page.fields)
        if not page.fields or len(found) >= (page.total or 0):
            return found
