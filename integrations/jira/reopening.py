"""A ticket that goes back to work, where its workflow leaves no choice."""

from pydantic import JsonValue, TypeAdapter

from integrations.jira.answers import Transitions
from integrations.jira.client import API, JiraClient

_TRANSITIONS = TypeAdapter(Transitions)
_DONE = "done"


def reopen(client: JiraClient, remote_id: str) -> bool:
    """Move a ticket along the one transition that leads to a status which is not done.

    False when none or several do: which of them people mean, only they know. Raises Refused when
    Jira asks for more than the move, AnswerLost when it may have happened.
    """
    path = f"{API}/issue/{remote_id}/transitions"
    offered = client.get(_TRANSITIONS, path).transitions
    ways = [one for one in offered if (to := one.to.status_category) and to.key != _DONE]
    if len(ways) != 1:
        return False
    body: JsonValue = {"transition": {"id": ways[0].id}}
    client.move_once(path, body)
    return True
