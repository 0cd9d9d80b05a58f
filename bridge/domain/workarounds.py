"""Workarounds: what support tells customers until a fix ships."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bridge.domain.contacts import RedactedText
from bridge.domain.fixes import is_at_least
from bridge.domain.issues import FIXED, Issue, IssueId
from bridge.domain.scope import Asker, Scope
from bridge.domain.shares import Share

WorkaroundId = NewType("WorkaroundId", int)

_POOR = 0.5


class Audience(StrEnum):
    """Who may read the text of a workaround."""

    INTERNAL = "internal"
    CUSTOMER = "customer"


class WorkaroundState(StrEnum):
    """Whether a workaround may be offered."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


class RetiredBy(StrEnum):
    """What ended a workaround; only the fix gives back what it took."""

    FIX = "fix"
    PERSON = "person"
    REPLACED = "replaced"


class UseResult(StrEnum):
    """What came of using it."""

    WORKED = "worked"
    DID_NOT = "did_not"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Content:
    """What a workaround says, and for whom."""

    text: RedactedText
    """For agents; for customers too where the audience says so."""
    audience: Audience = Audience.INTERNAL
    customer_text: RedactedText | None = None
    """What a person wrote for customers; never made from the text by the machine."""
    steps: tuple[RedactedText, ...] = ()
    """In order."""
    after_fix_text: RedactedText | None = None
    """What to tell customers instead once the fix has shipped."""
    scope: Scope = field(default_factory=Scope)
    owner: str | None = None
    """Who looks after it: an e-mail address, or the name of a token."""
    review_at: datetime | None = None
    """When somebody should look at it again."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """How often it was used and what came of it; a contact counts once."""

    used: int = 0
    worked: int = 0
    did_not: int = 0

    @property
    def share(self) -> Share | None:
        """How often it worked where that is known; None below ten answers."""
        return Share.of(self.worked, self.worked + self.did_not)

    @property
    def is_poor(self) -> bool:
        """Whether it surely fails more often than it works."""
        share = self.share
        return share is not None and share.high < _POOR

    @property
    def is_good(self) -> bool:
        """Whether it surely works more often than it fails."""
        share = self.share
        return share is not None and share.low > _POOR

    def words(self) -> str:
        """The evidence in one sentence without its full stop."""
        known, share = self.worked + self.did_not, self.share
        if share is None:
            return f"worked {self.worked} of {known} times: too few to tell" if known else ""
        told = f"worked {share.count} of {share.total} times ({share.low:.0%} to {share.high:.0%})"
        return f"{told}: it mostly fails" if self.is_poor else told


@dataclass(frozen=True, slots=True)
class Workaround:
    """What support tells customers until the fix ships."""

    id: WorkaroundId
    issue_id: IssueId
    content: Content
    state: WorkaroundState
    reason: str | None
    retired_by: RetiredBy | None
    replaced_by: WorkaroundId | None
    evidence: Evidence
    edition: int
    """One more with each change of its content."""
    created_at: datetime
    created_by: str | None
    changed_at: datetime | None
    changed_by: str | None

    @property
    def text(self) -> RedactedText:
        """What agents read."""
        return self.content.text

    @property
    def audience(self) -> Audience:
        """Who may read the text."""
        return self.content.audience

    @property
    def versions(self) -> tuple[str, ...]:
        """Product versions it fits, exact or as ranges; empty for all."""
        return self.content.scope.versions

    @property
    def use_count(self) -> int:
        """How often it was used."""
        return self.evidence.used

    @property
    def customer_text(self) -> RedactedText | None:
        """What may be told to customers: their own text, or the one that a person called safe."""
        if self.content.customer_text is not None:
            return self.content.customer_text
        return self.text if self.audience is Audience.CUSTOMER else None

    def text_for(self, audience: Audience) -> RedactedText | None:
        """What that reader may see; None where nothing was written for customers."""
        return self.customer_text if audience is Audience.CUSTOMER else self.text

    def steps_for(self, audience: Audience) -> tuple[RedactedText, ...]:
        """The steps that reader may see: they belong to the text for agents."""
        is_open = audience is Audience.INTERNAL or self.audience is Audience.CUSTOMER
        return self.content.steps if is_open else ()

    def is_overdue(self, now: datetime) -> bool:
        """Whether the day on which somebody wanted to look at it again has passed."""
        review_at = self.content.review_at
        is_living = self.state is not WorkaroundState.RETIRED
        return is_living and review_at is not None and review_at <= now

    def instead(self, fixed_in: str | None) -> str | None:
        """What to say instead of it where the issue is fixed; None without a fix."""
        return self.content.after_fix_text or (say_instead(fixed_in) if fixed_in else None)


def say_instead(fixed_in: str, *, has_it: bool = False) -> str:
    """What to tell a customer about a fix when nobody wrote a better sentence.

    has_it: the customer is known to use a version with the fix.
    """
    if has_it:
        return (
            f"This was fixed in {fixed_in}, and the version in use has the fix:"
            " if it still happens, ask for details and report it."
        )
    return f"This is fixed in {fixed_in}: please update to it."


def ended_words(one: Workaround, fixed_in: str) -> list[str]:
    """What its users are told when the fix has ended it, or left it to older versions."""
    below = one.content.scope.below
    stop = f"Stop using this workaround: {one.text}"
    if one.state is WorkaroundState.ACTIVE and below is not None:
        stop = f"Use this workaround only for versions below {below}: {one.text}"
    return [stop, f"Say this instead: {one.instead(fixed_in)}"]


def has_fix(issue: Issue, version: str | None) -> bool | None:
    """Whether a customer on that version has the fix; None where nobody can tell."""
    if issue.fixed_in is None or issue.state not in FIXED:
        return False
    return None if version is None else is_at_least(version, issue.fixed_in)


def best_first(found: list[Workaround]) -> list[Workaround]:
    """Those that work, then those of which little is known, newest first, then those that fail."""

    def place(one: Workaround) -> tuple[int, int]:
        quality = 0 if one.evidence.is_good else 2 if one.evidence.is_poor else 1
        return quality, -one.id

    return sorted(found, key=place)


def offered(found: list[Workaround], asker: Asker) -> list[Workaround]:
    """The active ones that may fit, best first."""
    active = [one for one in found if one.state is WorkaroundState.ACTIVE]
    return best_first([one for one in active if one.content.scope.fits(asker)])
