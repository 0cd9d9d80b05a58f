"""What the API says and takes about mails that came back."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from bridge.api.wire import Answer, Given, ShortText


class BouncesOut(Answer):
    """What became of a delivery report, by recipients."""

    is_report: bool = Field(description="false: the mail is no delivery report, nothing was done.")
    bounced: int = Field(description="Mails of ours that came back, and were not known to.")
    known: int
    ended: int = Field(description="Addresses that nothing is sent to any more.")
    waiting: int = Field(description="Delayed, or arrived.")
    foreign: int = Field(description="About mails that are not this product's.")


class DeadAddressOut(Answer):
    """An address that mails come back from for good."""

    email: str
    reason: str
    created_at: datetime


class DeadAddressPage(Answer):
    """Newest first."""

    items: list[DeadAddressOut]
    next: str | None


class AgainOut(Answer):
    """The address that takes mails again."""

    email: str


class AgainIn(Given):
    """An address that takes mails again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "mia@example.com"}]})

    email: Annotated[ShortText, Field(min_length=3, max_length=320)]
