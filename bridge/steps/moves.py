"""Move an issue to another state: the change and its decision in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bridge.cleaning import door_text
from bridge.domain.errors import InvalidMove
from bridge.domain.issues import Issue, IssueState
from bridge.domain.moments import rfc3339
from bridge.domain.people import Actor
from bridge.domain.products import Product
from bridge.redaction import Redactor
from bridge.steps.announce import announce_move
from bridge.store import Store

_MOST_BYTES = 20_000


@dataclass(frozen=True, slots=True)
class Cause:
    """Who moves an issue, when, why, and through which door (api, page, job:track ...)."""

    actor: Actor
    at: datetime
    reason: str = ""
    origin: str = ""
    kept: Mapping[str, object] = field(default_factory=dict)
    """What the decision keeps besides."""


def personal_cause(
    actor: Actor, product: Product, *, at: datetime, reason: str, origin: str
) -> Cause:
    """What a person does, and why: personal data in what they typed is kept nowhere.

    The one place that reasons come in through: history, notices, tickets and events repeat them.
    """
    told, _ = door_text(reason, max_bytes=_MOST_BYTES)
    # Sentences are made of it, which end with a full stop of their own.
    if told := told.strip().removesuffix("."):
        told = Redactor(region=product.region).redact(told)
    return Cause(actor, at, told, origin)


def require_living(issue: Issue, *, store: Store) -> None:
    """Raise InvalidMove, naming the survivor, when the issue was merged away.

    For what people decide. The machine keeps such an issue in step, for undo.
    """
    if issue.merged_into is not None:
        survivor = store.issues.standing_for(issue.product_id, issue.id)
        raise InvalidMove(f"{issue.name} was merged: {survivor.name} stands for it now")


def move_issue(
    issue: Issue,
    to: IssueState,
    *,
    store: Store,
    cause: Cause,
    changes: Mapping[str, object] | None = None,
) -> Issue:
    """Change state and whatever goes with it; raises InvalidMove or Outdated."""
    issue.require_move(to)
    moved = store.issues.change(issue, {**(changes or {}), "state": to.value})
    decision = store.decisions.record(
        issue.product_id,
        to.value,
        at=cause.at,
        actor=cause.actor,
        issue_id=issue.id,
        before={"state": issue.state.value},
        after={
            "state": to.value,
            **{key: _told(value) for key, value in (changes or {}).items()},
            **cause.kept,
        },
        reason=cause.reason,
        origin=cause.origin,
    )
    announce_move(issue, moved, decision, store=store, at=cause.at)
    return moved


def _told(value: object) -> str | None:
    if isinstance(value, datetime):
        return rfc3339(value)
    return None if value is None else str(value)
