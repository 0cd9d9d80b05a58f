"""Search by JQL: bounded, paged by token, and as late as the index."""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass

from integrations.jira.sandbox import bean, jql, jql_fields
from integrations.jira.sandbox.bean import Wanted
from integrations.jira.sandbox.errors import JiraRefusal
from integrations.jira.sandbox.records import Json, Ticket
from integrations.jira.sandbox.site import Site

_MOST_IDS = 5_000
_MOST_ISSUES = 100
_DEFAULT = 50
_MOST_FRESH = 50


@dataclass(frozen=True, slots=True)
class Search:
    """One request for a page of results."""

    jql: str
    wanted: Wanted
    token: str | None = None
    most: int = _DEFAULT
    fresh: frozenset[int] = frozenset()
    """Ids to be read as they are now (`reconcileIssues`)."""

    def page(self, site: Site) -> Json:
        """The page; `nextPageToken` is absent on the last one."""
        if not 1 <= self.most <= _MOST_IDS:
            raise JiraRefusal(400, f"'maxResults' must lie between 1 and {_MOST_IDS}.")
        if len(self.fresh) > _MOST_FRESH:
            raise JiraRefusal(400, f"'reconcileIssues' takes at most {_MOST_FRESH} ids.")
        found = matching(site, self.jql, fresh=self.fresh)
        has_only_ids = set(self.wanted.fields) <= {"id", "key"} and not self.wanted.properties
        size = self.most if has_only_ids else min(self.most, _MOST_ISSUES)
        start = self._start()
        shown = found[start : start + size]
        answer: Json = {"issues": [self._issue(site, ticket) for ticket in shown]}
        is_last = start + size >= len(found)
        answer["isLast"] = is_last
        if not is_last:
            answer["nextPageToken"] = self._token_for(start + size)
        return answer | bean.names_and_schema(self.wanted.field_ids(), self.wanted.expand)

    def _issue(self, site: Site, ticket: Ticket) -> Json:
        if self.wanted.fields == ("id",) and not self.wanted.properties:
            return {"id": str(ticket.id)}
        item = Wanted(
            self.wanted.fields, self.wanted.properties, self.wanted.expand - {"names", "schema"}
        )
        shown = bean.issue(site, ticket, item)
        if set(self.wanted.fields) <= {"id", "key"}:
            del shown["fields"]
        return shown

    def _token_for(self, start: int) -> str:
        content = json.dumps([self._digest(), start]).encode()
        return base64.urlsafe_b64encode(content).decode()

    def _start(self) -> int:
        if self.token is None:
            return 0
        try:
            digest, start = json.loads(base64.urlsafe_b64decode(self.token.encode()))
        except (binascii.Error, ValueError, TypeError) as error:
            raise JiraRefusal(400, "The provided next page token is invalid.") from error
        if digest != self._digest() or not isinstance(start, int) or start < 0:
            raise JiraRefusal(400, "The provided next page token is invalid.")
        return start

    def _digest(self) -> str:
        """A token belongs to its query."""
        return hashlib.sha256(self.jql.encode()).hexdigest()[:12]


def matching(site: Site, text: str, *, fresh: frozenset[int] = frozenset()) -> list[Ticket]:
    """All tickets that the index has for this query, in its order."""
    query = jql.parse(text)
    test = jql_fields.compile_condition(site, query.condition)
    if site.lacks("BROWSE_PROJECTS"):
        return []
    found = [ticket for ticket in site.store.searchable_tickets(fresh=fresh) if test(ticket)]
    return jql_fields.sort_tickets(found, query.order)
