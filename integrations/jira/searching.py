"""Searches through Jira's index, which lags: page by page, only the fields we need."""

import math
from datetime import datetime

from pydantic import Field, JsonValue, TypeAdapter

from bridge.domain.tickets import TextPage, TicketRef, TicketText
from integrations.jira.adf import plain
from integrations.jira.answers import Answer, Fields, Issue, SearchPage
from integrations.jira.client import API, JiraClient
from integrations.jira.marks import COMMON_LABEL
from integrations.jira.outcomes import status_of
from integrations.jira.settings import JiraSettings


class TextFields(Fields):
    """What people wrote into an issue, beside how it stands."""

    summary: str | None = None
    description: JsonValue = None


class TextIssue(Answer):
    """An issue with its words, as search gives it."""

    id: str
    key: str = ""
    fields: TextFields = Field(default_factory=TextFields)


class TextResults(Answer):
    """One page of a search for words."""

    issues: list[TextIssue] = Field(default_factory=list)
    next_page_token: str | None = None


_PAGE = TypeAdapter(SearchPage)
_TEXTS = TypeAdapter(TextResults)
PAGE_SIZE = 100
OVERLAP_MINUTES = 2
"""The index lags and our clock is not Jira's, so each look goes back a little more."""
_TEXT_FIELDS = ("summary", "description", "status", "resolution", "updated")
_CLOSED_DAYS = 365
"""So long after its last change a closed ticket is still read at first."""
_FIRST = f"(statusCategory != Done OR updated >= -{_CLOSED_DAYS}d)"
_THEN = ":"
"""Between the minutes and Jira's token in a page of ours."""
_MOST_CHARACTERS = 8_000
"""Of a description; what is kept of it is shorter."""


def search(
    client: JiraClient,
    jql: str,
    *,
    limit: int | None = None,
    fields: tuple[str, ...] = ("labels",),
    size: int = PAGE_SIZE,
) -> list[Issue]:
    """All issues that the index has for a query, or the first few."""
    found: list[Issue] = []
    token: str | None = None
    while True:
        body = _body(jql, fields, limit or size, token)
        page = client.ask(_PAGE, f"{API}/search/jql", body=body)
        found.extend(page.issues)
        token = page.next_page_token
        if token is None or limit is not None:
            return found


def text_page(
    client: JiraClient,
    settings: JiraSettings,
    *,
    since: datetime | None,
    page: str | None,
    now: datetime,
) -> TextPage:
    """A page of what people wrote into tickets of the project and type that we file.

    Those that carry our label are left out. A page's token belongs to the query it came with, so
    what we hand out as the next page tells the minutes of that query as well.
    """
    told, _, token = (page or "").partition(_THEN)
    minutes = told if page or since is None else str(minutes_since(since, now))
    body = _body(_jql(settings, minutes), _TEXT_FIELDS, PAGE_SIZE, token or None)
    found = client.ask(_TEXTS, f"{API}/search/jql", body=body)
    items = tuple(_text(one, settings, now) for one in found.issues)
    following = found.next_page_token
    return TextPage(items, f"{minutes}{_THEN}{following}" if following else None)


def _jql(settings: JiraSettings, minutes: str) -> str:
    kind = f'project = "{settings.project}" AND issuetype = {settings.issue_type}'
    theirs = f"(labels IS EMPTY OR labels != {COMMON_LABEL})"
    which = f"updated >= -{minutes}m" if minutes else _FIRST
    return f"{kind} AND {theirs} AND {which} ORDER BY updated ASC, key ASC"


def minutes_since(moment: datetime, now: datetime) -> int:
    """How many minutes to look back; relative, since JQL reads moments in the account's zone."""
    passed = math.ceil((now - moment).total_seconds() / 60)
    return max(0, passed) + OVERLAP_MINUTES


def _text(issue: TextIssue, settings: JiraSettings, now: datetime) -> TicketText:
    ref = TicketRef(issue.id, issue.key, settings.browse_url(issue.key))
    return TicketText(
        status=status_of(ref, issue.fields, settings, now=now),
        title=issue.fields.summary or "",
        text=plain(issue.fields.description)[:_MOST_CHARACTERS],
    )


def _body(jql: str, fields: tuple[str, ...], size: int, token: str | None) -> JsonValue:
    body: dict[str, JsonValue] = {"jql": jql, "maxResults": size, "fields": [*fields]}
    if token is not None:
        body["nextPageToken"] = token
    return body
