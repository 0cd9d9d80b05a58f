"""Walking up the numbers of a project by direct reads, which never go through the index."""

from collections.abc import Iterator

from pydantic import JsonValue, TypeAdapter

from bridge.domain.errors import TryAgainLater
from integrations.jira.answers import BulkFetch, Issue
from integrations.jira.client import API, PROPERTY, JiraClient

HUNDRED = 100
"""Most issues of one bulk fetch, and the longest gap in the numbers that we see across."""

_BULK_FETCH = TypeAdapter(BulkFetch)


def bulk_fetch(
    client: JiraClient, names: list[str], *, fields: tuple[str, ...] = ("labels",)
) -> list[Issue]:
    """Read issues by id or key with our property; unknown and hidden ones are missing.

    Raises TryAgainLater when Jira could not read some of them: those are not missing.
    """
    wanted: list[JsonValue] = [*fields]
    body: JsonValue = {
        "issueIdsOrKeys": [*names],
        "fields": wanted,
        "properties": [PROPERTY],
    }
    answer = client.ask(_BULK_FETCH, f"{API}/issue/bulkfetch", body=body)
    if answer.issue_errors:
        raise TryAgainLater(f"Jira could not read {len(answer.issue_errors)} of the tickets")
    return answer.issues


def walk(client: JiraClient, project: str, *, after: int) -> Iterator[list[Issue]]:
    """Hundreds of existing issues above a number, until a whole hundred is missing."""
    first = after + 1
    while True:
        numbers = range(first, first + HUNDRED)
        issues = bulk_fetch(client, [f"{project}-{number}" for number in numbers])
        if not issues:
            return
        yield issues
        first += HUNDRED


def number_of(key: str) -> int:
    """The number in a key; 0 when there is none."""
    digits = key.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0
