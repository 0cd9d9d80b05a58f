"""Keeping our part of a ticket current, and leaving what people wrote to them.

What we wrote last is kept on the ticket itself, in our property, and changes in the same request
as the fields: so a crash between two of our calls is never taken for somebody's edit.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import JsonValue, TypeAdapter

from bridge.domain.errors import Refused
from bridge.domain.tickets import TicketDraft, TicketRef, Urgency
from integrations.jira import adf
from integrations.jira.answers import Mark, Whole, Written
from integrations.jira.client import API, PROPERTY, JiraClient
from integrations.jira.comments import ManagedComment
from integrations.jira.marks import confirmed_mark, link_id, mark_in, written_on
from integrations.jira.screens import Screen, screen_fields
from integrations.jira.section import digest, find_section, section_digest
from integrations.jira.settings import JiraSettings

_WHOLE = TypeAdapter(Whole)
_SUMMARY, _DESCRIPTION, _PRIORITY = "summary", "description", "priority"
_PEOPLES = Written(theirs=(_SUMMARY, _DESCRIPTION, _PRIORITY))
"""A ticket without a readable mark: nothing on it is known to be ours."""
_SCREEN_SECONDS = 3600.0
_MOST_FIELDS = 6
"""So many of the fields that we write can be missing on a screen."""


def written_at_first(draft: TicketDraft) -> Written:
    """What a create writes, for the property that goes along with it."""
    nodes = adf.section(draft)
    return Written(
        summary=digest(adf.summary(draft)), section=section_digest(nodes), nodes=len(nodes)
    )


@dataclass(slots=True)
class _Edit:
    """What is to change on one ticket, as it is gathered."""

    draft: TicketDraft
    ticket: Whole
    known: Written
    """What we wrote last."""
    theirs: set[str]
    fields: dict[str, JsonValue]

    def now(self, name: str) -> JsonValue:
        """A field's present value."""
        return self.ticket.fields.get(name)

    def set(self, name: str, value: JsonValue) -> None:
        """Change a field, unless it has that value."""
        if self.now(name) != value:
            self.fields[name] = value

    def is_ours(self, name: str) -> bool:
        """Whether no person has taken the field over."""
        return name not in self.theirs


class Editor:
    """Edits the tickets of one project."""

    def __init__(
        self,
        client: JiraClient,
        settings: JiraSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock
        self._screen: Screen | None = None
        self._screen_ends = float("-inf")
        self._comments = ManagedComment(client)

    def update(self, ref: TicketRef, draft: TicketDraft) -> None:
        """Make the ticket tell what the draft tells; nothing is sent where it does already."""
        for _ in range(_MOST_FIELDS):
            try:
                self._client.read_and_edit(lambda: self._edit(ref, draft))
            except Refused as error:
                # The edit screen may have fewer fields than the create screen.
                screen = self._current_screen()
                missing = screen.present & error.fields.keys()
                if not missing:
                    raise
                self._screen = screen.without(missing)
            else:
                return

    def _edit(self, ref: TicketRef, draft: TicketDraft) -> None:
        screen = self._current_screen()
        ticket = self._read(ref, screen)
        mark = mark_in(ticket.properties)
        known = written_on(ref.remote_id, mark) or _PEOPLES
        edit = _Edit(draft, ticket, known, set(known.theirs), {})
        written = known.model_copy(
            update={
                "customers": draft.customers,
                "accounts": draft.accounts,
                **self._summary(edit, screen),
                **self._priority(edit, screen),
                **self._section(edit, screen),
            }
        )
        if screen.number_field:
            edit.set(screen.number_field, draft.customers)
        if screen.accounts_field:
            edit.set(screen.accounts_field, draft.accounts)
        refusal: Refused | None = None
        for part in (self._comment, self._link):
            try:
                written = part(ref, edit, written, screen)
            except Refused as error:
                # Such as a ticket full of comments; its fields are written all the same.
                refusal = error
        written = written.model_copy(update={"theirs": tuple(sorted(edit.theirs))})
        self._save(ref, edit, written, mark)
        if refusal is not None:
            raise refusal

    def _read(self, ref: TicketRef, screen: Screen) -> Whole:
        names = [_SUMMARY, _DESCRIPTION, _PRIORITY]
        names += [name for name in (screen.number_field, screen.accounts_field) if name]
        params = {"fields": ",".join(names), "properties": PROPERTY}
        return self._client.get(_WHOLE, f"{API}/issue/{ref.remote_id}", params=params)

    def _summary(self, edit: _Edit, screen: Screen) -> dict[str, object]:
        """The summary follows the issue's title until somebody writes another."""
        wanted = adf.summary(edit.draft)
        if not edit.is_ours(_SUMMARY) or _SUMMARY not in screen.present:
            return {}
        if digest(edit.now(_SUMMARY)) != edit.known.summary:
            edit.theirs.add(_SUMMARY)
            return {}
        edit.set(_SUMMARY, wanted)
        return {"summary": digest(wanted)}

    def _priority(self, edit: _Edit, screen: Screen) -> dict[str, object]:
        """Suggest a priority as long as it is the site's default or what we suggested before."""
        if not edit.is_ours(_PRIORITY) or not screen.priorities:
            return {}
        if _id_of(edit.now(_PRIORITY)) != (edit.known.priority or screen.default_priority):
            edit.theirs.add(_PRIORITY)
            return {}
        wanted = suggested(edit.draft.urgency, screen.priorities)
        if _id_of(edit.now(_PRIORITY)) != wanted:
            edit.fields[_PRIORITY] = {"id": wanted}
        return {"priority": wanted}

    def _section(self, edit: _Edit, screen: Screen) -> dict[str, object]:
        """Replace our part of the description and nothing else in it."""
        if not edit.is_ours(_DESCRIPTION) or _DESCRIPTION not in screen.present:
            return {}
        document = edit.now(_DESCRIPTION)
        content = document.get("content") if isinstance(document, dict) else None
        nodes = content if isinstance(content, list) else []
        start = find_section(nodes, edit.known.section, edit.known.nodes)
        if start is None or not isinstance(document, dict):
            edit.theirs.add(_DESCRIPTION)
            return {}
        before, after = nodes[:start], nodes[start + edit.known.nodes :]
        room = adf.MAX_CHARACTERS - adf.size([*before, *after])
        ours = adf.section(edit.draft, limit=room)
        if not ours:
            # People wrote so much that nothing of ours fits beside it any more.
            edit.theirs.add(_DESCRIPTION)
        digest_now = section_digest(ours)
        if digest_now != edit.known.section:
            edit.fields[_DESCRIPTION] = {**document, "content": [*before, *ours, *after]}
        return {"section": digest_now, "nodes": len(ours)}

    def _comment(self, ref: TicketRef, edit: _Edit, written: Written, screen: Screen) -> Written:
        """Our numbers in one comment, where there is no other place for them, or was none once."""
        has_section = edit.is_ours(_DESCRIPTION) and _DESCRIPTION in screen.present
        if has_section and screen.number_field and written.comment is None:
            return written
        body = self._comments.body(edit.draft, is_whole=not has_section)
        text = digest(body)
        if written.comment is not None and text == written.comment_text:
            return written
        comment = self._comments.write(ref, written.comment, body)
        return written.model_copy(update={"comment": comment, "comment_text": text})

    def _link(self, ref: TicketRef, edit: _Edit, written: Written, screen: Screen) -> Written:
        """The way back to the issue's page; it tells the numbers where no field does."""
        draft = edit.draft
        told = " in the bridge" if screen.number_field else f": {adf.affected(draft)}"
        link: JsonValue = {
            "globalId": link_id(self._settings.instance, draft.fingerprint),
            "application": {"type": "support-bridge", "name": "bridge"},
            "relationship": "reported by customers",
            "object": {"url": draft.link, "title": draft.issue_name + told},
        }
        if digest(link) != written.link:
            self._client.upsert(f"{API}/issue/{ref.remote_id}/remotelink", link)
        return written.model_copy(update={"link": digest(link)})

    def _save(self, ref: TicketRef, edit: _Edit, written: Written, known: Mark | None) -> None:
        """One request for all fields together with the note of what we wrote."""
        mark = confirmed_mark(
            edit.draft.fingerprint,
            instance=self._settings.instance,
            ticket=ref.remote_id,
            written=written,
        )
        if edit.fields:
            body: JsonValue = {
                "fields": edit.fields,
                "properties": [{"key": PROPERTY, "value": mark}],
            }
            self._client.edit(f"{API}/issue/{ref.remote_id}", body)
        elif known is None or Mark.model_validate(mark) != known:
            self._client.put_property(ref.remote_id, mark)

    def _current_screen(self) -> Screen:
        """Which of our fields the project has; asked once an hour, since people change screens."""
        now = self._clock()
        if self._screen is None or now >= self._screen_ends:
            fields = screen_fields(self._client, self._settings)
            self._screen = Screen.of(fields, self._settings)
            self._screen_ends = now + _SCREEN_SECONDS
        return self._screen


def suggested(urgency: Urgency, priorities: tuple[str, ...]) -> str:
    """The id, of a scheme's priorities from the most urgent to the least, that fits best."""
    share = urgency.value / len(Urgency)
    return priorities[round(share * (len(priorities) - 1))]


def _id_of(value: JsonValue) -> str | None:
    return str(value["id"]) if isinstance(value, dict) and "id" in value else None
