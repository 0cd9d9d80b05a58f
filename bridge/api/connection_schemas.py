"""What the API answers about connections."""

from datetime import datetime

from pydantic import Field, JsonValue

from bridge.api.schemas import TicketFieldOut
from bridge.api.wire import Answer
from bridge.domain.tickets import FilingPolicy


class ConnectionOut(Answer):
    """A connection without its secrets; `asks` is what refused tickets wait for."""

    name: str = Field(examples=["jira"])
    integration: str
    url: str | None
    project: str | None
    issue_type: str | None = Field(description="Its id in the tracker.")
    policy: FilingPolicy
    fields: dict[str, JsonValue] = Field(examples=[{"customfield_10060": "Major"}])
    asks: list[TicketFieldOut]
    trouble: str | None
    paused_until: datetime | None


class ConnectionPage(Answer):
    """Oldest first."""

    items: list[ConnectionOut]
    next: str | None
