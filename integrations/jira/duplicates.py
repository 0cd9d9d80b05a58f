"""What becomes of a ticket of ours that was made twice: linked to the older one, and closed."""

from pydantic import Field, JsonValue, TypeAdapter

from bridge.domain.errors import Refused
from bridge.domain.issues import Outcome
from integrations.jira.answers import Answer, Resolution, Transition, Transitions
from integrations.jira.client import API, JiraClient
from integrations.jira.outcomes import guess_outcome
from integrations.jira.settings import JiraSettings


class LinkType(Answer):
    """The kind of a link; sites may translate its name and phrases."""

    name: str = ""
    inward: str = ""
    outward: str = ""


class LinkEnd(Answer):
    """The other end of a link."""

    id: str


class Link(Answer):
    """A link as one of its ends shows it: with the other end, inward or outward."""

    id: str
    type: LinkType
    inward_issue: LinkEnd | None = None
    outward_issue: LinkEnd | None = None

    @property
    def is_duplicate(self) -> bool:
        """Whether it says that one is a duplicate of the other."""
        return self.type.name.casefold() == "duplicate"


class LinkFields(Answer):
    """The one field that holds an issue's links."""

    # All lower case, unlike the members of the links themselves.
    issuelinks: list[Link] = Field(default_factory=list, alias="issuelinks")


class LinkedIssue(Answer):
    """An issue with its links."""

    id: str
    fields: LinkFields = Field(default_factory=LinkFields)


_TRANSITIONS = TypeAdapter(Transitions)
_LINKED = TypeAdapter(LinkedIssue)
_LINK_TYPE = "Duplicate"


def link_duplicate(client: JiraClient, duplicate: str, original: str) -> None:
    """Say in Jira that one ticket duplicates another; Jira keeps one such link."""
    # The inward issue is the one that "duplicates": the wrong way round is the classic mistake.
    body: JsonValue = {
        "type": {"name": _LINK_TYPE},
        "inwardIssue": {"id": duplicate},
        "outwardIssue": {"id": original},
    }
    client.upsert(f"{API}/issueLink", body)


def originals_of(client: JiraClient, remote_id: str) -> list[str]:
    """Ids of the tickets that this one duplicates, as its links say, oldest first.

    On a ticket's page a link names only its other end: as the outward one where this ticket is
    the one that "duplicates". The inward ones are its own duplicates.
    """
    links = _links(client, remote_id)
    ends = [one.outward_issue.id for one in links if one.is_duplicate and one.outward_issue]
    return sorted(set(ends), key=int)


def unlink_duplicate(client: JiraClient, duplicate: str, original: str) -> None:
    """Take the link that says one ticket duplicates another away, if there is one."""
    for one in _links(client, duplicate):
        if one.is_duplicate and one.outward_issue and one.outward_issue.id == original:
            client.delete(f"{API}/issueLink/{one.id}")


def _links(client: JiraClient, remote_id: str) -> list[Link]:
    found = client.get(_LINKED, f"{API}/issue/{remote_id}", params={"fields": "issuelinks"})
    return found.fields.issuelinks


def close_duplicate(client: JiraClient, remote_id: str, settings: JiraSettings) -> bool:
    """Move a ticket along the configured transition; False when there is none configured.

    Raises Refused when that transition is not open to the ticket, AnswerLost when the move may
    have happened: reading the ticket tells.
    """
    if settings.duplicate_transition is None:
        return False
    path = f"{API}/issue/{remote_id}/transitions"
    offered = client.get(_TRANSITIONS, path, params={"expand": "transitions.fields"})
    move = _chosen(offered.transitions, settings.duplicate_transition)
    body: dict[str, JsonValue] = {"transition": {"id": move.id}}
    screen = move.fields.resolution
    if screen is not None and screen.allowed_values:
        body["fields"] = {"resolution": {"id": _resolution(screen.allowed_values, settings).id}}
    client.move_once(path, body)
    return True


def _chosen(offered: list[Transition], wanted: str) -> Transition:
    name = wanted.strip().casefold()
    for move in offered:
        if name in (move.id, move.name.casefold(), move.to.name.casefold()):
            return move
    raise Refused(
        f"no transition {wanted!r} is open to a duplicate ticket: correct it in the connection"
    )


def _resolution(allowed: list[Resolution], settings: JiraSettings) -> Resolution:
    """The resolution that means duplicate, else the one that surely is no fix."""

    def outcome(one: Resolution) -> Outcome:
        return settings.outcomes.get(one.id) or guess_outcome(one.name)

    for wanted in (Outcome.DUPLICATE, Outcome.WONT_FIX):
        for one in allowed:
            if outcome(one) is wanted:
                return one
    raise Refused("Jira offers no resolution that means duplicate")
