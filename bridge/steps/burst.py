"""Burst: many alike contacts within hours are an issue at once, not at the next grouping."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from bridge.domain.contacts import ContactId
from bridge.domain.issues import IssueId, IssueState
from bridge.domain.people import MACHINE
from bridge.domain.products import Product
from bridge.steps.candidates import found_candidate
from bridge.steps.context import Context, rows_of
from bridge.steps.follow_up import contact_joined, contacts_changed
from bridge.steps.looking import look_again
from bridge.steps.naming import rename
from bridge.store import Store
from bridge.store.evidence import NOBODY, RecentContact
from bridge.store.issues import Place
from bridge.store.vectors import Centroid
from models.bursts import find_burst, known_burst
from models.settings import FinderSettings
from models.vectors import Vector

_ORIGIN = "job:assign"


def burst_since(now: datetime, settings: FinderSettings) -> datetime:
    """Only what came after this counts for a burst at `now`."""
    return now - timedelta(days=settings.burst_days)


def is_young_burst(centroid: Centroid, settings: FinderSettings, now: datetime) -> bool:
    """Whether an issue began as a burst a few hours ago."""
    return centroid.burst_at is not None and centroid.burst_at >= burst_since(now, settings)


@dataclass(frozen=True, slots=True)
class Joining:
    """A contact that is put on a burst, and why."""

    contact_id: ContactId
    vector: Vector
    similarity: float
    reason: str


@dataclass(frozen=True, slots=True)
class Watch:
    """Looks for bursts among the contacts that a batch left alone."""

    product: Product
    store: Store
    context: Context

    def look(self, left_alone: Sequence[ContactId], recent: Sequence[RecentContact]) -> None:
        """Start an issue, or extend a young one, for each of these that is part of a burst.

        recent: the contacts on no issue since `burst_since`, the newest first.
        """
        for contact_id in left_alone:
            taken = self._look_at(contact_id, recent)
            recent = [one for one in recent if one.id not in taken]

    def _look_at(self, contact_id: ContactId, recent: Sequence[RecentContact]) -> set[ContactId]:
        newest = next((row for row, one in enumerate(recent) if one.id == contact_id), None)
        if newest is None:
            return set()
        burst = find_burst(
            newest,
            rows_of([one.vector for one in recent], self.context.encoder().dimensions),
            np.array([one.customer_id or NOBODY for one in recent], dtype=np.int64),
            center=self.context.center(self.store, self.product.id),
            settings=self.context.finder,
        )
        if burst is None:
            return set()
        members = [recent[row] for row in burst.rows]
        least = self.context.finder.burst_similarity
        joining = [
            Joining(
                one.id,
                one.vector,
                float(similarity),
                f"part of a burst: {similarity:.2f} of at least {least:.2f}",
            )
            for one, similarity in zip(members, burst.similarities, strict=True)
        ]
        self.put(joining, self._home(members), threshold=least)
        return {one.id for one in members}

    def _home(self, members: Sequence[RecentContact]) -> Centroid:
        """The young burst that reaches these contacts, else a new candidate."""
        young = self.young_home([one.vector for one in members])
        if young is not None:
            return young
        reason = f"{len(members)} alike contacts within hours"
        issue_id = found_candidate(
            self.product, store=self.store, context=self.context, reason=reason, origin=_ORIGIN
        )
        return self.begun(issue_id)

    def young_home(self, vectors: Sequence[Vector]) -> Centroid | None:
        """The young burst that reaches these contacts, if there is one."""
        now, settings, encoder = self.context.now(), self.context.finder, self.context.encoder()
        begun = self.context.living(self.product.id).young(burst_since(now, settings))
        young = self.store.centroids.of(encoder.name, begun)
        row = known_burst(
            rows_of(vectors, encoder.dimensions),
            rows_of([one.mean for one in young], encoder.dimensions),
            center=self.context.center(self.store, self.product.id),
            settings=settings,
        )
        return None if row is None else young[row]

    def begun(self, issue_id: IssueId) -> Centroid:
        """A candidate that begins as a burst now, with no contact yet."""
        nothing = np.zeros(self.context.encoder().dimensions, dtype=np.float32)
        return Centroid(issue_id, IssueState.CANDIDATE, nothing, 0, burst_at=self.context.now())

    def put(self, joining: Sequence[Joining], home: Centroid, *, threshold: float) -> None:
        """Assign contacts to a young burst and look at it again."""
        context, store, encoder = self.context, self.store, self.context.encoder().name
        places = [
            Place(
                contact_id=one.contact_id,
                issue_id=home.issue_id,
                similarity=one.similarity,
                threshold=threshold,
                encoder=encoder,
                actor=MACHINE.name,
                reason=one.reason,
            )
            for one in joining
        ]
        store.waiting.assign(self.product.id, places, now=context.now())
        ids = [one.contact_id for one in joining]
        store.suggestions.withdraw(self.product.id, contact_ids=ids)
        for one in joining:
            home.total = np.asarray(home.total + one.vector, dtype=np.float32)
            home.size += 1
            contact_joined(home, one.contact_id, self.product, store=store)
        store.vectors.save_centroid(self.product.id, encoder, home.issue_id, home.total, home.size)
        if home.burst_at is not None:
            store.vectors.mark_burst(encoder, home.issue_id, home.burst_at)
        living = context.living(self.product.id)
        living.keep(home)
        if home.state is IssueState.CANDIDATE:
            rename(home.issue_id, self.product.id, store=store, context=context)
            near = living.near(home.mean, store, center=context.center(store, self.product.id))
            look_again(home.issue_id, near, self.product, store=store, context=context)
        contacts_changed(home, self.product, store=store, context=context)
