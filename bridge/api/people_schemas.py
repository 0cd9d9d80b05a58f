"""What the API says and takes about people."""

from typing import Annotated

from pydantic import ConfigDict, Field

from bridge.api.wire import Answer, Given, ShortText
from bridge.domain.people import Role


class PersonIn(Given):
    """Somebody to invite."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"email": "kim@example.org", "name": "Kim Lee", "role": "agent"}]
        }
    )

    email: Annotated[ShortText, Field(min_length=3, max_length=200)]
    role: Role
    name: Annotated[ShortText, Field(max_length=200)] = ""
    change: Annotated[bool, Field(strict=True)] = Field(
        default=False,
        description="true: give somebody who is known another role or name; 409 without it.",
    )
    products: list[ShortText] = Field(
        default_factory=list,
        max_length=50,
        description="Short names; left out: the product of the request.",
    )


class PersonOut(Answer):
    """Somebody with a role in the product."""

    id: int
    email: str
    name: str | None
    role: Role
    is_signed_in: bool = Field(description="Has signed in, and is still known to have.")


class PeoplePage(Answer):
    """In the order they became known."""

    items: list[PersonOut]
    next: str | None


class InvitedOut(Answer):
    """Somebody who was invited, with a link that signs them in once."""

    id: int
    email: str
    name: str | None
    role: Role
    sign_in: str | None = Field(
        description="Not shown again; null for somebody with a role in another product, "
        "unless the caller's token sees all products."
    )
    is_mailed: bool
