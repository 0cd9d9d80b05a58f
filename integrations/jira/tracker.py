"""The tracker port on one project of Jira Cloud."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from pydantic import JsonValue, TypeAdapter

from bridge.domain.errors import Refused
from bridge.domain.tickets import (
    Attempt,
    Sighting,
    TextPage,
    TicketDraft,
    TicketField,
    TicketRef,
    TicketStatus,
    TrackerVersion,
)
from integrations.jira.adf import comment
from integrations.jira.answers import Created, Issue
from integrations.jira.asked import described
from integrations.jira.client import API, PROPERTY, JiraClient
from integrations.jira.comments import add_once
from integrations.jira.drafting import new_issue
from integrations.jira.duplicates import (
    close_duplicate,
    link_duplicate,
    originals_of,
    unlink_duplicate,
)
from integrations.jira.editing import Editor
from integrations.jira.keys import HUNDRED, bulk_fetch, number_of, walk
from integrations.jira.letting_go import let_go
from integrations.jira.marks import (
    COMMON_LABEL,
    confirmed_mark,
    fingerprint_label,
    is_ours,
    mark_in,
    note_marker,
    sighting_of,
    written_on,
)
from integrations.jira.outcomes import status_of
from integrations.jira.reopening import reopen
from integrations.jira.screens import screen_fields
from integrations.jira.searching import PAGE_SIZE, minutes_since, search, text_page
from integrations.jira.settings import JiraSettings
from integrations.jira.sight import refused_in_words, require_sight
from integrations.jira.versions import to_version

_CREATED = TypeAdapter(Created)
_ISSUE = TypeAdapter(Issue)
_STATUS_FIELDS = ("status", "resolution", "fixVersions", "updated")
_HIGHEST_SECONDS = 600.0
"""A number seen so long ago serves as lower bound; a lower one than needed costs a look at most."""
_IDS_A_PAGE = 1_000


def _utc_now() -> datetime:
    return datetime.now(UTC)


class JiraTracker:
    """Files, keeps and reads tickets of one project; making one sends nothing."""

    name = "jira"

    def __init__(
        self,
        settings: JiraSettings,
        *,
        client: JiraClient | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._settings = settings
        self._client = client or JiraClient(settings)
        self._now = now
        self._editor = Editor(self._client, settings)
        self._highest = 0
        self._highest_until = float("-inf")

    def close(self) -> None:
        """Give the open connections back."""
        self._client.close()

    def highest_number(self) -> int:
        """The highest issue number in use; too low a number is possible and safe.

        The search index only tells where to start; direct reads go on from there. While we file
        one ticket after the other, what the last create told is enough.
        """
        if time.monotonic() < self._highest_until:
            return self._highest
        project = self._settings.project
        hint = self._search(f'project = "{project}" ORDER BY key DESC', limit=1)
        highest = max((number_of(issue.key) for issue in hint), default=0)
        for issues in walk(self._client, project, after=highest):
            here = [number_of(i.key) for i in issues if self._is_in_project(i.key)]
            highest = max([highest, *here])
        self._remember(highest)
        return highest

    def create(
        self, draft: TicketDraft, attempt: Attempt, *, until: datetime | None = None
    ) -> TicketRef:
        """Send one POST, never repeated, that creates the ticket with label and property."""
        body = new_issue(self._client, self._settings, draft, attempt)
        with refused_in_words(self._settings):
            created = self._client.post_once(
                _CREATED,
                f"{API}/issue",
                body=body,
                may_send=lambda: until is None or self._now() < until,
            )
        if self._is_in_project(created.key):
            self._remember(number_of(created.key))
        return self._ref(created.id, created.key)

    def adopt(self, ref: TicketRef, fingerprint: str) -> None:
        """Put our labels, and our mark with the ticket's own id, on a ticket; safe to repeat.

        For a ticket that no filing points to: later `update` alone writes the mark.
        """
        # The whole ticket is read: asking for a property that it lacks is refused like a ticket
        # that is gone.
        path = f"{API}/issue/{ref.remote_id}"
        params = {"fields": "labels", "properties": PROPERTY}
        issue = self._client.get(_ISSUE, path, params=params)
        mark = confirmed_mark(
            fingerprint,
            instance=self._settings.instance,
            ticket=ref.remote_id,
            written=written_on(ref.remote_id, mark_in(issue.properties)),
        )
        labels: list[JsonValue] = [
            {"add": label} for label in (COMMON_LABEL, fingerprint_label(fingerprint))
        ]
        body: JsonValue = {
            "update": {"labels": labels},
            "properties": [{"key": PROPERTY, "value": mark}],
        }
        self._client.put(path, body)

    def probe(self, fingerprint: str, *, after: int) -> TicketRef | None:
        """Look for our ticket by reading every number above `after`.

        None proves absence, so it is only given when our account can see the project and Jira
        could read every ticket; else raises TryAgainLater.
        """
        for issues in walk(self._client, self._settings.project, after=after):
            ours = self._ours(issues, fingerprint)
            if ours:
                return ours[0]
        require_sight(self._client, self._settings)
        return None

    def find(self, fingerprint: str) -> list[TicketRef]:
        """Our tickets by label through the lagging search index, checked by property."""
        label = fingerprint_label(fingerprint)
        hits = self._search(f'project = "{self._settings.project}" AND labels = "{label}"')
        found = self._read_all([issue.id for issue in hits])
        return self._ours(found, fingerprint)

    def labelled(self, fingerprint: str | None = None) -> list[str]:
        """Remote ids of tickets with our label, or with a fingerprint's, through the index."""
        label = COMMON_LABEL if fingerprint is None else fingerprint_label(fingerprint)
        jql = f'project = "{self._settings.project}" AND labels = "{label}"'
        return [issue.id for issue in self._search(jql, fields=("id",), size=_IDS_A_PAGE)]

    def sight(self, names: Sequence[str]) -> list[Sighting]:
        """These tickets, by id or key, with what their marks say; oldest first."""
        found = self._read_all(list(dict.fromkeys(names)), fields=_STATUS_FIELDS)
        by_id = {issue.id: issue for issue in found}
        instance = self._settings.instance
        return [
            sighting_of(by_id[id], self._status_of(by_id[id]), instance=instance)
            for id in sorted(by_id, key=int)
        ]

    def join(self, duplicate: TicketRef, original: TicketRef) -> None:
        """Link one ticket as the duplicate of another; the same link again changes nothing."""
        link_duplicate(self._client, duplicate.remote_id, original.remote_id)

    def part(self, duplicate: TicketRef, original: TicketRef) -> None:
        """Take that link away again, if there is one."""
        unlink_duplicate(self._client, duplicate.remote_id, original.remote_id)

    def originals(self, ref: TicketRef) -> list[str]:
        """Ids of the tickets that this one is linked as a duplicate of, oldest first."""
        return originals_of(self._client, ref.remote_id)

    def let_go(self, ref: TicketRef, fingerprint: str, heir: str | None) -> None:
        """Take the marks of a fingerprint off a ticket; safe to repeat."""
        let_go(self._client, self._settings, ref, fingerprint, heir=heir)

    def texts(self, since: datetime | None, page: str | None) -> TextPage:
        """What people wrote into tickets of our project and type, by their last change."""
        return text_page(self._client, self._settings, since=since, page=page, now=self._now())

    def close_duplicate(self, ref: TicketRef) -> bool:
        """Close a ticket of ours as a duplicate; False when no transition is configured."""
        return close_duplicate(self._client, ref.remote_id, self._settings)

    def reopen(self, ref: TicketRef) -> bool:
        """Move a done ticket along the one way back to work; False if there are none or several."""
        return reopen(self._client, ref.remote_id)

    def update(self, ref: TicketRef, draft: TicketDraft) -> None:
        """Bring our part of the ticket up to date; what people wrote or chose stays.

        Raises AnswerLost when our comment may have been written: calling again finds out.
        """
        self._editor.update(ref, draft)

    def note(self, ref: TicketRef, *, key: str, text: str) -> None:
        """Add one comment named `key`, unless the ticket carries its marker already.

        Raises AnswerLost when the comment may have been written: calling again finds out.
        """
        marker = note_marker(key)
        add_once(self._client, ref, marker, comment(text, marker))

    def read(self, remote_ids: Sequence[str]) -> list[TicketStatus]:
        """The tickets as they are now; deleted and hidden ones are missing.

        Raises TryAgainLater when the project itself is out of sight: then nothing is missing.
        """
        return [
            self._status_of(issue)
            for issue in self._read_all(list(remote_ids), fields=_STATUS_FIELDS)
        ]

    def changes_since(self, moment: datetime) -> list[str]:
        """Remote ids of tickets with our common label that changed since then, with overlap."""
        since = minutes_since(moment, self._now())
        jql = (
            f'project = "{self._settings.project}" AND labels = "{COMMON_LABEL}" '
            f"AND updated >= -{since}m ORDER BY updated ASC"
        )
        return [issue.id for issue in self._search(jql)]

    def describe(self, names: Collection[str]) -> list[TicketField]:
        """The fields of these ids that a person may fill in, with what they take."""
        return described(screen_fields(self._client, self._settings), names, self._settings)

    def versions(self) -> list[TrackerVersion]:
        """The project's versions as they are now."""
        with refused_in_words(self._settings):
            return [to_version(v) for v in self._client.versions(self._settings.project)]

    def _search(
        self,
        jql: str,
        *,
        limit: int | None = None,
        fields: tuple[str, ...] = ("labels",),
        size: int = PAGE_SIZE,
    ) -> list[Issue]:
        """A search of the project; one that is gone is told in words."""
        try:
            return search(self._client, jql, limit=limit, fields=fields, size=size)
        except Refused:
            self.versions()
            raise

    def _remember(self, number: int) -> None:
        self._highest = max(self._highest, number)
        self._highest_until = time.monotonic() + _HIGHEST_SECONDS

    def _ours(self, issues: Iterable[Issue], fingerprint: str) -> list[TicketRef]:
        """Our tickets among them, oldest first: ids are given in order, keys may change."""
        ours = [
            issue
            for issue in issues
            if is_ours(issue, fingerprint=fingerprint, instance=self._settings.instance)
        ]
        return [self._ref(issue.id, issue.key) for issue in sorted(ours, key=lambda i: int(i.id))]

    def _ref(self, remote_id: str, key: str) -> TicketRef:
        return TicketRef(remote_id=remote_id, key=key, url=self._settings.browse_url(key))

    def _is_in_project(self, key: str) -> bool:
        return key.rpartition("-")[0].casefold() == self._settings.project.casefold()

    def _status_of(self, issue: Issue) -> TicketStatus:
        ref = self._ref(issue.id, issue.key)
        return status_of(ref, issue.fields, self._settings, now=self._now())

    def _read_all(
        self, ids: list[str], *, fields: tuple[str, ...] = ("labels",)
    ) -> Iterator[Issue]:
        for start in range(0, len(ids), HUNDRED):
            asked = ids[start : start + HUNDRED]
            found = bulk_fetch(self._client, asked, fields=fields)
            if len(found) < len(asked):
                require_sight(self._client, self._settings)
            yield from found
