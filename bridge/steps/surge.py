"""Surge: another trouble that pours in on an issue it resembles begins an issue of its own.

What had joined before it was noticed stays where it is: contacts on an issue that may have a
ticket are not moved without a person.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.domain.contacts import ContactId
from bridge.domain.grouping import KEPT_APART, ConstraintKind
from bridge.domain.issues import UNSOLVED, IssueId, IssueState
from bridge.domain.people import MACHINE
from bridge.domain.products import Product
from bridge.steps.burst import Joining, Watch, burst_since, is_young_burst
from bridge.steps.candidates import found_candidate
from bridge.steps.context import Context
from bridge.steps.groups import REPRESENTATIVES
from bridge.steps.looking import MOST_MEMBERS
from bridge.store import Store
from bridge.store.vectors import Array
from models.surges import Surge, is_surge, other_trouble
from models.vectors import centered

_ORIGIN = "job:assign"
_STATES = UNSOLVED | {IssueState.CANDIDATE}
_USUAL = timedelta(days=7)
"""What an issue usually gets is counted over this time before."""
_LOOK_EVERY = 2
"""An issue that surges is looked at again when so many more contacts have joined it."""


@dataclass(frozen=True, slots=True)
class Apart:
    """A contact that does not join its nearest issue, since another trouble surges there."""

    contact_id: ContactId
    vector: Array
    issue_id: IssueId
    surge: Surge
    recent: Sequence[ContactId]
    """What has joined that issue in the last hours."""
    likeness: float
    """To the older contacts of the issue."""


@dataclass(frozen=True, slots=True)
class Surges:
    """Looks at issues that contacts pour in on."""

    product: Product
    store: Store
    context: Context

    def apart(self, contact_id: ContactId, vector: Array, issue_id: IssueId) -> Apart | None:
        """Whether a contact about to join an issue is part of another trouble's surge there.

        Reads nothing unless contacts have been pouring in.
        """
        living, settings = self.context.living(self.product.id), self.context.finder
        if not math.isfinite(settings.surge_apart):
            return None
        since = burst_since(self.context.now(), settings)
        if living.joined_since(issue_id, since) < settings.burst_contacts - 1:
            return None
        size = living.issues.size(issue_id)
        looked = living.looked.get(issue_id, size - _LOOK_EVERY)
        if looked <= size < looked + _LOOK_EVERY:
            return None
        living.looked[issue_id] = size
        if not self._pours_in(issue_id, since):
            return None
        encoder = self.context.encoder().name
        center = self.context.center(self.store, self.product.id)
        sides = self.store.surges.sides(issue_id, encoder, since=since, limit=MOST_MEMBERS)
        surge = other_trouble(sides.recent, sides.older, center=center, settings=settings)
        if surge is None:
            return None
        # The next one is looked at at once.
        del living.looked[issue_id]
        moved = centered(vector[None], center)[0]
        if not surge.takes(moved):
            return None
        likeness = float(moved @ surge.older)
        return Apart(contact_id, vector, issue_id, surge, sides.recent_contacts, likeness)

    def _pours_in(self, issue_id: IssueId, since: datetime) -> bool:
        """Whether an issue of some days gets far more contacts than it usually does."""
        settings, now = self.context.finder, self.context.now()
        issue = self.context.living(self.product.id).one(issue_id, self.store)
        if issue.state not in _STATES or is_young_burst(issue, settings, now):
            return False
        begin = since - _USUAL
        inflow = self.store.surges.inflow(issue_id, since=since, before=begin)
        if inflow.customers < settings.burst_customers or inflow.first_at is None:
            return False
        # An outage that is still growing got much in little time: that is usual for it.
        days = (since - max(inflow.first_at, begin)) / timedelta(days=1)
        if days <= 0:
            return False
        usual = inflow.before / days * settings.burst_days
        return is_surge(inflow.recent + 1, usual, settings)

    def put(self, found: Sequence[Apart]) -> None:
        """Put these on the surge that has just begun, or on a new candidate, one by one."""
        watch = Watch(self.product, self.store, self.context)
        for one in found:
            home = watch.young_home([one.vector]) or watch.begun(self._begin(one))
            inside = one.surge.inside_older
            reason = (
                f"part of a surge: {one.likeness:.2f} like what was there before, not {inside:.2f}"
            )
            watch.put(
                [Joining(one.contact_id, one.vector, one.likeness, reason)], home, threshold=0.0
            )

    def _begin(self, first: Apart) -> IssueId:
        """A new candidate, kept apart from the issue it pours in on."""
        store, now, surge = self.store, self.context.now(), first.surge
        other = store.issues.get(self.product.id, first.issue_id)
        reason = (
            f"{len(first.recent)} contacts within hours on {other.name} are less like its older"
            f" ones ({surge.likeness:.2f}) than each are like their own ({surge.inside_recent:.2f}"
            f" and {surge.inside_older:.2f})"
        )
        issue_id = found_candidate(
            self.product, store=store, context=self.context, reason=reason, origin=_ORIGIN
        )
        store.decisions.record(
            self.product.id,
            KEPT_APART,
            at=now,
            actor=MACHINE,
            issue_id=issue_id,
            after={"told": f"from {other.name}"},
            reason=reason,
            origin=_ORIGIN,
        )
        stand_for = store.placements.representatives(
            other.id, limit=REPRESENTATIVES, without=first.recent
        )
        store.constraints.add(
            self.product.id,
            ConstraintKind.CANNOT_LINK,
            [(first.contact_id, one) for one in stand_for],
            actor=MACHINE.name,
            reason=reason,
            now=now,
        )
        return issue_id
