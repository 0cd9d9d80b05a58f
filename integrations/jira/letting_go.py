"""Taking our marks off a ticket that a person says is not the one of an issue."""

from pydantic import JsonValue, TypeAdapter

from bridge.domain.errors import Refused
from bridge.domain.tickets import TicketRef
from integrations.jira.answers import StoredProperty
from integrations.jira.client import API, PROPERTY, JiraClient
from integrations.jira.errors import Missing
from integrations.jira.marks import (
    COMMON_LABEL,
    confirmed_mark,
    fingerprint_label,
    link_id,
    mark_in,
    written_on,
)
from integrations.jira.settings import JiraSettings

_STORED_PROPERTY = TypeAdapter(StoredProperty)


def let_go(
    client: JiraClient,
    settings: JiraSettings,
    ref: TicketRef,
    fingerprint: str,
    *,
    heir: str | None,
) -> None:
    """Labels first, then the property, then our link; what people wrote is not touched.

    heir: the fingerprint of another issue that the ticket still stands for.
    """
    issue = f"{API}/issue/{ref.remote_id}"
    gone = [fingerprint_label(fingerprint)] + ([] if heir else [COMMON_LABEL])
    labels: list[JsonValue] = [{"remove": label} for label in gone]
    body: dict[str, JsonValue] = {"update": {"labels": labels}}
    if heir is None and settings.number_field:
        body["fields"] = {settings.number_field: None}
    try:
        client.put(issue, body)
    except Refused as error:
        if settings.number_field not in error.fields:
            raise
        client.put(issue, {"update": {"labels": labels}})
    _mark(client, settings, ref, fingerprint, heir)
    client.delete(
        f"{issue}/remotelink", params={"globalId": link_id(settings.instance, fingerprint)}
    )


def _mark(
    client: JiraClient, settings: JiraSettings, ref: TicketRef, fingerprint: str, heir: str | None
) -> None:
    """The property goes, or names the heir; another issue's is left alone."""
    path = f"{API}/issue/{ref.remote_id}/properties/{PROPERTY}"
    try:
        known = mark_in({PROPERTY: client.get(_STORED_PROPERTY, path).value})
    except Missing:
        return
    if known is None or (known.fingerprint, known.instance) != (fingerprint, settings.instance):
        return
    if heir is None:
        client.delete(path)
        return
    mark = confirmed_mark(
        heir,
        instance=settings.instance,
        ticket=ref.remote_id,
        written=written_on(ref.remote_id, known),
    )
    client.put_property(ref.remote_id, mark)
