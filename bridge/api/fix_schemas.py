"""What the API answers about fixes."""

from datetime import datetime

from pydantic import Field

from bridge.api.schemas import StillComingOut
from bridge.api.wire import Answer
from bridge.domain.issues import Outcome
from bridge.domain.ladder import RungKind, RungState


class RungOut(Answer):
    """One rung of the fix ladder, and why it stands so."""

    kind: RungKind
    state: RungState
    at: datetime | None = Field(description="When it was reached, or taken back.")
    why: str = Field(examples=["4.2 to 40 % of customers (platform ios)"])


class EndingOut(Answer):
    """Engineering closed the ticket without a fix."""

    outcome: Outcome
    at: datetime | None
    why: str


class LadderOut(Answer):
    """How far the fix has come, from the bottom; each rung is told on its own."""

    issue: str = Field(examples=["ISS-42"])
    rungs: list[RungOut]
    ending: EndingOut | None
    followed: str | None = Field(
        description="The duplicate, and the ticket it was followed to.", examples=["FB-3 → FB-9"]
    )
    still_coming: StillComingOut | None = Field(description="Null while no fix has shipped.")
