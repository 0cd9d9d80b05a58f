"""Comments of ours: noted once, or one kept current for ever."""

from collections.abc import Iterator

from pydantic import JsonValue, TypeAdapter

from bridge.domain.errors import Refused
from bridge.domain.tickets import TicketDraft, TicketRef
from integrations.jira.adf import Node, counts_comment, plain
from integrations.jira.answers import Comment, Comments, Person
from integrations.jira.client import API, JiraClient
from integrations.jira.errors import Forbidden, Missing
from integrations.jira.marks import note_marker

_COMMENTS = TypeAdapter(Comments)
_COMMENT = TypeAdapter(Comment)
_PERSON = TypeAdapter(Person)
_PAGE_SIZE = 100
_KEY = "counts"


class ManagedComment:
    """The one comment of a ticket that tells our numbers."""

    def __init__(self, client: JiraClient) -> None:
        self._client = client

    def body(self, draft: TicketDraft, *, is_whole: bool) -> Node:
        """What it should say: the numbers, or the whole report."""
        return counts_comment(draft, note_marker(_KEY), is_whole=is_whole)

    def write(self, ref: TicketRef, known: str | None, body: JsonValue) -> str:
        """Edit the comment, made anew if somebody deleted it; returns its id.

        Raises AnswerLost when a new one may have been written: calling again finds it.
        """
        path = f"{API}/issue/{ref.remote_id}/comment"
        if known is not None and self._edit(path, known, body):
            return known
        # The id is lost when we died between the comment and the note of its id.
        found = self._lost(ref)
        if found is not None and self._edit(path, found, body):
            return found
        return _add(self._client, path, body)

    def _lost(self, ref: TicketRef) -> str | None:
        """Our comment by its marker; a person who quotes it has not written it."""
        we: Person | None = None
        for entry in find_comments(self._client, ref, note_marker(_KEY)):
            we = we or self._client.get(_PERSON, f"{API}/myself")
            if entry.author == we:
                return entry.id
        return None

    def _edit(self, path: str, comment: str, body: JsonValue) -> bool:
        """False when the comment is gone."""
        try:
            self._client.put(f"{path}/{comment}", {"body": body})
        except Missing:
            return False
        return True


def add_once(client: JiraClient, ref: TicketRef, marker: str, body: JsonValue) -> None:
    """Add a comment, unless the ticket has one with that marker."""
    if next(find_comments(client, ref, marker), None) is None:
        _add(client, f"{API}/issue/{ref.remote_id}/comment", body)


def _add(client: JiraClient, path: str, body: JsonValue) -> str:
    try:
        return client.post_once(_COMMENT, path, body={"body": body}).id
    except Forbidden as error:
        # One ticket that we may not comment on is no reason to leave all others alone.
        raise Refused(str(error)) from error


def find_comments(client: JiraClient, ref: TicketRef, marker: str) -> Iterator[Comment]:
    """The comments with that marker, newest first; as few pages are read as are asked for."""
    path = f"{API}/issue/{ref.remote_id}/comment"
    return (entry for entry in _comments(client, path) if marker in plain(entry.body))


def _comments(client: JiraClient, path: str) -> Iterator[Comment]:
    """All comments, newest first."""
    start = 0
    while True:
        params: dict[str, str | int] = {
            "startAt": start,
            "maxResults": _PAGE_SIZE,
            "orderBy": "-created",
        }
        page = client.get(_COMMENTS, path, params=params)
        yield from page.comments
        start += len(page.comments)
        if not page.comments or start >= page.total:
            return
