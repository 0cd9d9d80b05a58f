"""What the API answers."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from bridge.api.wire import Answer
from bridge.domain.issues import IssueState, Outcome
from bridge.domain.people import NoticeKind, NoticeState
from bridge.domain.regression import HasFix
from bridge.domain.tickets import FieldKind, FilingState, StatusCategory
from bridge.steps.ingest import IngestResult


class ContactOut(Answer):
    """What became of a contact; `id` names it in other routes."""

    id: int
    external_id: str
    result: IngestResult


class ProblemError(Answer):
    """One thing that is wrong: a JSON pointer into the body, or the name of a parameter."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None


class Problem(Answer):
    """RFC 9457 problem details; `id` finds the request in the logs."""

    type: str
    title: str
    status: int
    detail: str | None = None
    id: str | None = None
    errors: list[ProblemError] | None = None


class BatchItem(Answer):
    """The answer to one item of a batch, in the order of the request."""

    index: int
    status: int
    external_id: str | None = None
    id: int | None = None
    result: IngestResult | None = None
    problem: Problem | None = None


class BatchOut(Answer):
    """One answer per item, and how many of each status."""

    items: list[BatchItem]
    counts: dict[str, int]


class TicketOut(Answer):
    """A ticket in the tracker, as last seen."""

    key: str
    url: str
    status: StatusCategory
    outcome: Outcome | None


class TicketFieldOut(Answer):
    """A field that the tracker wants filled in: name it in `fields` when filing again."""

    id: str
    name: str = Field(examples=["Severity"])
    kind: FieldKind
    choices: list[str]
    told: str


class FilingOut(Answer):
    """How far filing has come, why it stands still if it does, and what it waits for."""

    state: FilingState
    reason: str | None
    asks: list[TicketFieldOut]


class RankPartOut(Answer):
    """One part of a rank: value times weight; null where nothing is known, which adds nothing."""

    name: str = Field(examples=["effort"])
    value: float | None
    weight: float
    contribution: float
    told: str = Field(examples=["4 further contacts and 1 channel switch: 1.3 contacts each"])


class IssueOut(Answer):
    """A recurring problem with its numbers as of now."""

    id: str = Field(examples=["ISS-42"])
    number: int
    title: str
    state: IssueState
    outcome: Outcome | None
    contact_count: int
    customer_count: int
    account_count: int
    anonymous_count: int
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    rank: float
    rank_parts: list[RankPartOut]
    key_terms: list[str]
    fixed_in: str | None
    shipped_at: datetime | None
    waits_for: str | None = Field(
        description="What a resolved issue still waits for before it counts as shipped.",
        examples=["version 4.2 to reach customers"],
    )
    episode: int
    version: int
    merged_into: str | None
    tickets: list[TicketOut]
    filing: FilingOut | None
    snoozed_until: datetime | None
    snoozed_customers: int | None
    suggested_title: str | None
    link: str


class ComparedOut(Answer):
    """Contacts before and after a fix; the bounds hold with 95 % confidence."""

    days_before: int
    days_after: int
    before: int = Field(description="Contacts in the days before.")
    after: int = Field(description="Contacts in the days since.")
    expected: float = Field(description="Contacts in the days since, had nothing changed.")
    avoided: float
    least_avoided: float
    most_avoided: float
    is_proven: bool = Field(description="Fewer came than normal variation explains.")


class StillComingOut(Answer):
    """Contacts after the fix, by why they come all the same."""

    without_fix: int = Field(description="On an older version, or where the fix is not meant for.")
    not_rolled_out: int = Field(description="No version is known, and not everybody had it.")
    with_fix: int = Field(description="They had the fix: evidence against it.")
    unknown: int = Field(description="No version is known, or none that compares.")


class ProofOut(Answer):
    """What the contacts since the fix say of it."""

    issue: str
    fixed_in: str
    shipped_at: datetime
    compared: ComparedOut | None = Field(description="Null while it is too early.")
    still_coming: StillComingOut
    lately: int = Field(description="Contacts after the last whole day that is compared.")
    days_to_ticket: float | None
    days_to_release: float | None
    quiet_days: float
    words: list[str]


class IssuePage(Answer):
    """A page; `next` is the cursor of the one after it."""

    items: list[IssueOut]
    next: str | None


class SplitOut(IssueOut):
    """The issue that contacts were split off, and the new issue they are on now."""

    split_off: str = Field(examples=["ISS-43"])


class RunnerUpOut(Answer):
    """The issue a contact would have been put on otherwise."""

    issue: str | None
    similarity: float | None


class NearestOut(Answer):
    """The contact of the same issue that is most like it, and phrases of both."""

    contact: int
    similarity: float
    shared: list[str]


class IssueContactOut(Answer):
    """A contact on an issue, and why it is there; texts are redacted."""

    id: int
    source: str
    external_id: str
    channel: str
    occurred_at: datetime
    subject: str
    text: str
    kind: str | None
    """Problem, question, request or chatter, as the machine thinks."""
    kind_confidence: float | None
    lang: str | None
    version: str | None
    platform: str | None
    conversation: str | None
    customer: int | None
    similarity: float
    threshold: float
    runner_up: RunnerUpOut | None
    nearest: NearestOut | None
    assigned_by: str
    placed_by_person: bool
    """Then no similarity was needed, and the machine never moves it."""
    reason: str


class IssueContactPage(Answer):
    """Newest first."""

    items: list[IssueContactOut]
    next: str | None


class CustomerOut(Answer):
    """A person affected by an issue."""

    id: int
    name: str | None
    account: str | None
    contact_count: int
    first_seen_at: datetime
    last_seen_at: datetime
    has_fix: HasFix | None = Field(description="Null while no release with the fix is out.")


class CustomerPage(Answer):
    """In the order we came to know them."""

    items: list[CustomerOut]
    next: str | None


class ActorOut(Answer):
    """Who did a thing: a person, a token or the machine."""

    kind: str
    name: str


class DecisionOut(Answer):
    """One entry of an issue's history."""

    seq: int
    at: datetime
    actor: ActorOut
    action: str
    before: dict[str, object]
    after: dict[str, object]
    reason: str
    origin: str


class DecisionPage(Answer):
    """Oldest first."""

    items: list[DecisionOut]
    next: str | None


class ReleaseOut(Answer):
    """A version that customers can get."""

    id: int
    version: str
    component: str
    shipped_at: datetime
    percent: int
    is_withdrawn: bool


class NotShippedOut(Answer):
    """An issue that the release does not fix for customers, and why."""

    issue: str
    reason: str


class ShippedOut(ReleaseOut):
    """What the release ships, and what it does not."""

    shipped: list[str] = Field(examples=[["ISS-42"]])
    not_shipped: list[NotShippedOut]


class WithdrawnOut(ReleaseOut):
    """The release that was taken back, and what came of it."""

    stepped_down: list[str] = Field(examples=[["ISS-42"]])
    """Not fixed for customers any more."""
    still_fixed: list[str]
    """In another release too."""


class ReleasePage(Answer):
    """Newest first."""

    items: list[ReleaseOut]
    next: str | None


class NoticeOut(Answer):
    """One message in one person's inbox."""

    id: int
    recipient: str
    issue: str
    kind: NoticeKind
    episode: int
    text: str
    reasons: list[str] = Field(
        description="Why this person is told: agent, workaround, follower, owner, lead or team."
    )
    state: NoticeState
    created_at: datetime


class NoticePage(Answer):
    """Newest first."""

    items: list[NoticeOut]
    next: str | None


class Received(Answer):
    """A delivery is kept, or was kept before."""

    result: Literal["stored", "known"]


class Health(Answer):
    """Whether it is so; nothing more is told to strangers."""

    status: Literal["ok", "unavailable"]
