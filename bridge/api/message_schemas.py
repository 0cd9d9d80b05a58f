"""What the API says and takes about messages beyond the inbox, and how people want to be told."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from bridge.api.wire import Answer, Given, Identifier, ShortText
from bridge.domain.messages import MessageState

Hour = Annotated[int, Field(strict=True, ge=0, le=23)]


class OutgoingOut(Answer):
    """One thing told to one recipient through one channel; several may go out as one message."""

    id: int
    channel: str
    recipient: str
    subject: str
    message_id: str | None = Field(description="Stays the same over every try; null before any.")
    state: MessageState
    attempts: int
    reason: str | None
    receipt: str | None
    due_at: datetime | None = Field(description="When it is sent, looked up or tried again.")
    sent_at: datetime | None
    created_at: datetime


class OutgoingPage(Answer):
    """Newest first."""

    items: list[OutgoingOut]
    next: str | None


class NoticeSettings(Answer):
    """How a person is told outside the inbox, which always tells."""

    channels: list[str] | None = Field(description="null: every channel there is.")
    digest_hour: int | None = Field(description="Once a day at this hour; null: at once.")
    quiet_from: int | None
    quiet_until: int | None
    zone: str


class NoticeSettingsIn(Given):
    """What is left out has its default: every channel, at once, no quiet hours, UTC."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"quiet_from": 19, "quiet_until": 8, "zone": "Europe/Berlin"}]
        }
    )

    channels: list[ShortText] | None = Field(default=None, max_length=20)
    digest_hour: Hour | None = None
    quiet_from: Hour | None = None
    quiet_until: Hour | None = None
    zone: Annotated[ShortText, Field(max_length=60)] = "UTC"


class AllReadIn(Given):
    """The newest notice that was seen; left out: all there are."""

    up_to: Identifier | None = None


class AllReadOut(Answer):
    """How many are read that were not."""

    acknowledged: int


class Following(Answer):
    """Whether the caller follows the issue."""

    issue: str
    following: bool


class EndpointIn(Given):
    """Where to post events, and which; none named means all of them."""

    name: Annotated[ShortText, Field(min_length=1, max_length=80)]
    url: Annotated[ShortText, Field(min_length=1, max_length=2_000)]
    events: list[ShortText] = Field(default_factory=list, max_length=20)
    secret: Annotated[ShortText, Field(max_length=200)] | None = None
    allow_private: Annotated[bool, Field(strict=True)] = False


class EndpointOut(Answer):
    """A receiver of events; a disabled one says why in `trouble`."""

    id: int
    name: str
    url: str
    events: list[str]
    allow_private: bool
    disabled_at: datetime | None
    trouble: str | None


class NewEndpointOut(EndpointOut):
    """With the secret, which is not shown again."""

    secret: str


class EndpointPage(Answer):
    """Oldest first."""

    items: list[EndpointOut]
