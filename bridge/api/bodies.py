"""What is sent to the API, with examples for the OpenAPI page; unknown members are refused."""

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from bridge.api.wire import Given, Identifier, IssueRef, Moment, ShortText, Text, Words
from bridge.domain.fixes import MOST_VERSION

_CONTACT_EXAMPLE: JsonDict = {
    "source": "zendesk",
    "external_id": "4711",
    "channel": "email",
    "occurred_at": "2026-03-03T09:15:00Z",
    "subject": "Export fails",
    "text": "Since the update the export stops at 90 percent.",
    "version": "4.1",
    "customer": {"email": "ada@example.com", "account_number": "ACC-1"},
    "account": {"key": "acme", "name": "Acme Ltd"},
    "agent": {"email": "kim@example.org"},
}


class CustomerIn(Given):
    """Who the contact is from; every member may be absent."""

    email: ShortText | None = None
    phone: ShortText | None = None
    handle: ShortText | None = None
    display_name: ShortText | None = None
    account_number: ShortText | None = None
    external_ids: dict[ShortText, ShortText] = Field(default_factory=dict, max_length=20)
    name: ShortText | None = None


class AccountIn(Given):
    """The customer's company."""

    key: Annotated[ShortText, Field(min_length=1)]
    name: ShortText | None = None
    tier: ShortText | None = None
    domains: list[ShortText] = Field(default_factory=list, max_length=100)
    owner: ShortText | None = None


class ConnectionIn(Given):
    """What a connection gives to fields of each ticket, by id or name."""

    model_config = ConfigDict(json_schema_extra={"example": {"fields": {"Severity": "Major"}}})
    fields: dict[Annotated[ShortText, Field(min_length=1)], ShortText] = Field(
        min_length=1, max_length=50
    )


class AgentIn(Given):
    """The colleague who handles the contact."""

    email: ShortText


Score = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1_000, le=1_000)]


class SatisfactionIn(Given):
    """How satisfied the customer was: csat (of 5), ces (of 7) or nps (of 10), or of `max`."""

    metric: ShortText
    score: Score
    max: Score | None = None


Version = Annotated[Text, Field(max_length=MOST_VERSION)]


class ContactIn(Given):
    """One message from one customer."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CONTACT_EXAMPLE]})

    external_id: Annotated[ShortText, Field(min_length=1)]
    text: Text
    occurred_at: Moment
    source: ShortText = "api"
    channel: ShortText = "other"
    updated_at: Moment | None = None
    subject: Annotated[Text, Field(max_length=10_000)] | None = None
    lang: ShortText | None = None
    product: ShortText | None = None
    version: Version | None = None
    platform: Annotated[Version, Field(description="Such as ios, android or web.")] | None = None
    customer: CustomerIn | None = None
    account: AccountIn | None = None
    agent: AgentIn | None = None
    conversation: ShortText | None = None
    satisfaction: SatisfactionIn | None = None


class Nothing(Given):
    """An empty object; it may be left out."""


class ReasonIn(Given):
    """Why."""

    reason: Words


class DismissIn(ReasonIn):
    """Why it is no issue, and whether its contacts state no problem at all: thanks, spam."""

    states_no_problem: Annotated[bool, Field(strict=True)] = False


Why = Annotated[Text, Field(max_length=2_000)]
ContactIds = Annotated[list[Identifier], Field(min_length=1, max_length=1_000)]


class MergeIn(Given):
    """The issues that are the same as this one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"others": ["ISS-43"]}]})

    others: list[IssueRef] = Field(min_length=1, max_length=50)
    reason: Why = ""


class SplitIn(Given):
    """Contacts that are an issue of their own; without a title the machine finds one."""

    contacts: ContactIds
    title: Annotated[Text, Field(max_length=200)] | None = None
    reason: Why = ""


class MoveIn(Given):
    """Contacts, and the issue they are about; null for none."""

    contacts: ContactIds
    to: IssueRef | None
    reason: Why = ""


class KeepIn(Given):
    """Contacts that belong to the issue they are on."""

    contacts: ContactIds
    reason: Why = ""


class SnoozeIn(Given):
    """Until a moment, or until so many more customers are affected: one of the two."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"customers": 5}]})

    until: Moment | None = None
    customers: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] | None = None
    reason: Why = ""


class OutageIn(Given):
    """What agents tell customers while it lasts."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "We know of it and work on it."}]}
    )

    text: Annotated[Text, Field(min_length=1, max_length=2_000)]


class AllClearIn(Given):
    """Why it is over; may be empty."""

    reason: Annotated[Text, Field(max_length=500)] = ""


class FileIn(Given):
    """Values for fields of the ticket that the tracker asks for, by name or id, as people say them.

    `again` says of a parked filing that somebody has looked: its request made no ticket. `for_all`
    sends the fields with every later ticket too; only an admin may say so.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{}, {"fields": {"Severity": "Major"}}]}
    )

    fields: dict[
        Annotated[ShortText, Field(min_length=1)], Annotated[Text, Field(max_length=2_000)]
    ] = Field(default_factory=dict, max_length=20)
    again: bool = False
    for_all: bool = False


class UnlinkIn(Given):
    """Why the ticket is not about the issue; may be empty."""

    reason: Annotated[Text, Field(max_length=2_000)] = ""


class TicketIn(Given):
    """The ticket that exists, by its key or its address."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ticket": "FB-12"}]})

    ticket: Annotated[Text, Field(min_length=1, max_length=300)]


class ReleaseIn(Given):
    """A version that customers can get."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"version": "4.2", "issues": ["ISS-42"]}]}
    )

    version: Annotated[Version, Field(min_length=1)]
    component: Annotated[Text, Field(max_length=80)] = ""
    shipped_at: Moment | None = None
    percent: Annotated[int, Field(strict=True, ge=1, le=100)] = 100
    issues: list[IssueRef] = Field(default_factory=list, max_length=500)
    insist: Annotated[
        bool,
        Field(
            strict=True,
            description="It fixes these issues although customers who have it wrote about them.",
        ),
    ] = False


class WithdrawIn(Given):
    """Why customers cannot get it any more; may be empty."""

    reason: Why = ""
