"""The one request that makes a ticket: ours, and what people chose beside it."""

from pydantic import JsonValue

from bridge.domain.errors import InvalidInput, Refused
from bridge.domain.tickets import Attempt, TicketDraft
from integrations.jira.adf import description, summary
from integrations.jira.asked import values_of
from integrations.jira.client import PROPERTY, JiraClient
from integrations.jira.editing import written_at_first
from integrations.jira.marks import COMMON_LABEL, fingerprint_label, first_mark
from integrations.jira.screens import screen_fields
from integrations.jira.settings import JiraSettings


def new_issue(
    client: JiraClient, settings: JiraSettings, draft: TicketDraft, attempt: Attempt
) -> JsonValue:
    """The body of a create, with label and mark.

    Raises Refused, before anything is sent, when a field does not take what was chosen for it.
    """
    mark = first_mark(
        draft.fingerprint,
        instance=settings.instance,
        attempt=attempt,
        written=written_at_first(draft),
    )
    return {
        "fields": {**_chosen(client, settings, draft), **_ours(settings, draft)},
        "properties": [{"key": PROPERTY, "value": mark}],
    }


def _ours(settings: JiraSettings, draft: TicketDraft) -> dict[str, JsonValue]:
    fields: dict[str, JsonValue] = {
        "project": {"key": settings.project},
        "issuetype": {"id": settings.issue_type},
        "summary": summary(draft),
        "description": description(draft),
        "labels": [COMMON_LABEL, fingerprint_label(draft.fingerprint)],
    }
    if settings.number_field:
        fields[settings.number_field] = draft.customers
    if settings.accounts_field:
        fields[settings.accounts_field] = draft.accounts
    return fields


def _chosen(client: JiraClient, settings: JiraSettings, draft: TicketDraft) -> dict[str, JsonValue]:
    """What people chose for fields that we do not fill: for every ticket, and for this one."""
    chosen: dict[str, JsonValue] = {**settings.fields, **dict(draft.fields)}
    if not any(isinstance(value, str) for value in chosen.values()):
        return chosen
    try:
        return values_of(screen_fields(client, settings), chosen)
    except InvalidInput as error:
        field = error.pointer.rpartition("/")[2]
        raise Refused(f"not sent: {error}", fields={field: str(error)}) from error
