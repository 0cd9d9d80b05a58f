"""What the API answers about workarounds, and how it is made from our own things."""

from collections.abc import Sequence
from datetime import datetime

from bridge.api.wire import Answer
from bridge.domain.contacts import ProductId
from bridge.domain.issues import IssueState
from bridge.domain.workarounds import (
    Audience,
    Evidence,
    RetiredBy,
    Workaround,
    WorkaroundState,
)
from bridge.steps.match import Match
from bridge.store import Store


class ShareOut(Answer):
    """How often it worked, with the interval that covers the truth 19 times in 20."""

    value: float
    low: float
    high: float
    n: int


class EvidenceOut(Answer):
    """What came of uses; the share is told from ten known results on.

    `is_poor`: it surely fails more often than it works.
    """

    used: int
    worked: int
    did_not: int
    share: ShareOut | None
    is_poor: bool
    words: str


class WorkaroundOut(Answer):
    """A workaround and how often it was used; a retired one says why.

    `below` is set once the fix has shipped: only for versions below this one. `scope` tells in
    words for whom it is. `use` comes with the answer to a use: its id, to tell the result later.
    """

    id: int
    issue: str
    text: str
    audience: Audience
    versions: list[str]
    state: WorkaroundState
    reason: str | None
    use_count: int
    customer_text: str | None
    steps: list[str]
    after_fix_text: str | None
    platforms: list[str]
    segments: list[str]
    below: str | None
    scope: str
    owner: str | None
    review_at: datetime | None
    is_overdue: bool
    evidence: EvidenceOut
    retired_by: RetiredBy | None
    replaced_by: int | None
    edition: int
    created_at: datetime
    created_by: str | None
    changed_at: datetime | None
    changed_by: str | None
    use: int | None = None


class WorkaroundPage(Answer):
    """Oldest first."""

    items: list[WorkaroundOut]
    next: str | None


class MatchOut(Answer):
    """An issue the text may be about; most similar first.

    `is_likely`: as similar as a contact that joins the issue by itself; else a person should look.
    `say_instead` is what to tell instead of a workaround where the fix is there.
    """

    issue: str
    title: str
    similarity: float
    is_likely: bool
    state: IssueState
    workaround: str | None = None
    workaround_id: int | None = None
    steps: list[str] | None = None
    scope: str | None = None
    evidence: EvidenceOut | None = None
    fixed_in: str | None = None
    say_instead: str | None = None


def workarounds(
    found: Sequence[Workaround], product_id: ProductId, *, store: Store, now: datetime
) -> list[WorkaroundOut]:
    """Workarounds with the names of their issues."""
    names = store.issues.names(product_id, [one.issue_id for one in found])
    return [_workaround(one, names[one.issue_id], now) for one in found]


def _workaround(one: Workaround, issue: str, now: datetime) -> WorkaroundOut:
    scope = one.content.scope
    return WorkaroundOut(
        id=one.id,
        issue=issue,
        text=one.text,
        audience=one.audience,
        versions=list(scope.versions),
        state=one.state,
        reason=one.reason,
        use_count=one.use_count,
        customer_text=one.customer_text,
        steps=list(one.content.steps),
        after_fix_text=one.content.after_fix_text,
        platforms=list(scope.platforms),
        segments=list(scope.segments),
        below=scope.below,
        scope=scope.words(),
        owner=one.content.owner,
        review_at=one.content.review_at,
        is_overdue=one.is_overdue(now),
        evidence=_evidence(one.evidence),
        retired_by=one.retired_by,
        replaced_by=one.replaced_by,
        edition=one.edition,
        created_at=one.created_at,
        created_by=one.created_by,
        changed_at=one.changed_at,
        changed_by=one.changed_by,
    )


def _evidence(one: Evidence) -> EvidenceOut:
    share = one.share
    told = share and ShareOut(
        value=round(share.value, 3),
        low=round(share.low, 3),
        high=round(share.high, 3),
        n=share.total,
    )
    return EvidenceOut(
        used=one.used,
        worked=one.worked,
        did_not=one.did_not,
        share=told,
        is_poor=one.is_poor,
        words=one.words(),
    )


def match(found: Match, audience: Audience) -> MatchOut:
    """A match as that reader may see it."""
    best = found.workaround
    return MatchOut(
        issue=found.issue.name,
        title=found.issue.title,
        similarity=round(found.similarity, 4),
        is_likely=found.is_likely,
        state=found.issue.state,
        workaround=best and best.text_for(audience),
        workaround_id=best and best.id,
        steps=(best and list(best.steps_for(audience))) or None,
        scope=(best and best.content.scope.words()) or None,
        evidence=best and _evidence(best.evidence),
        fixed_in=found.fixed_in,
        say_instead=found.say_instead,
    )
