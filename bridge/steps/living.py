"""The living issues of a product in memory, so that a contact need not read them all."""

import threading
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NoReturn

from bridge.domain.contacts import ProductId
from bridge.domain.errors import TryAgainLater
from bridge.domain.issues import IssueId
from bridge.store import Store
from bridge.store.centroids import Change, Changes
from bridge.store.vectors import Centroid
from models.nearest import Issues
from models.vectors import Vector

_MOST_JOINS = 32


class Living:
    """The centroids of one product and encoder as the database has them.

    The database numbers each change of a centroid. All who change one hold the product's grouping
    lock, so whatever has a higher number than the last one seen is all that is new. The states of
    issues change without the lock: they are read anew where they matter.
    """

    def __init__(self, product_id: ProductId, encoder: str, dimensions: int) -> None:
        self.issues = Issues(dimensions)
        self._product_id = product_id
        self._encoder = encoder
        self._burst_at: dict[IssueId, datetime] = {}
        self._grew: dict[IssueId, deque[datetime]] = {}
        """When contacts joined each issue, as far as this process has seen it."""
        self.looked: dict[IssueId, int] = {}
        """How large each issue was when it was last looked at for a surge."""
        self._at: datetime | None = None
        self.seen = 0
        """The number of the last change that was taken in."""
        self._kept: set[IssueId] = set()
        """Changed here in a block that may have been rolled back."""
        self._held = threading.Lock()

    @contextmanager
    def brought_up_to_date(
        self, store: Store, *, now: datetime, first: Changes | None = None
    ) -> Iterator[None]:
        """Take in what has changed, and keep other threads away until the end.

        Right after the product's grouping lock was taken, before anything is written: the number
        of a change of one's own that is rolled back later must never count as seen.
        first: the first changes after `seen`, if they were read with the lock.
        """
        # A thread that lost its connection, and with it the grouping lock, may be here still.
        with self._held:
            self._at = now
            left = set(self._kept)
            for change in self._changes(store, first or Changes()):
                self._take(change.issue_id, change.centroid)
                left.discard(change.issue_id)
                self.seen = change.number
            # What was changed here and not there was rolled back.
            there = {one.issue_id: one for one in store.centroids.of(self._encoder, left)}
            for issue_id in left:
                self._take(issue_id, there.get(issue_id))
            self._kept.clear()
            yield

    def _changes(self, store: Store, first: Changes) -> Iterator[Change]:
        yield from first.rows
        if not first.is_all:
            after = first.rows[-1].number if first.rows else self.seen
            yield from store.centroids.changes(self._product_id, self._encoder, after=after)

    def join(self, issue_id: IssueId, vector: Vector) -> None:
        """A contact joins an issue in this block; `confirm` what came of it once it is written."""
        self._kept.add(issue_id)
        self.issues.join(issue_id, vector)
        self._note_growth(issue_id, 1)

    def confirm(self, joined: Collection[IssueId], written: Collection[Centroid]) -> None:
        """Go on with the centroids of these issues as the database has them now."""
        for centroid in written:
            self._take(centroid.issue_id, centroid)
        gone = set(joined) - {one.issue_id for one in written}
        if gone:
            self._is_gone(min(gone))

    def keep(self, centroid: Centroid) -> None:
        """Go on with a centroid that this block has changed."""
        self._kept.add(centroid.issue_id)
        self._take(centroid.issue_id, centroid)

    def reread(self, issue_ids: Collection[IssueId], store: Store) -> None:
        """Go on with the centroids of these issues, which this block has summed anew."""
        self._kept.update(issue_ids)
        there = {one.issue_id: one for one in store.centroids.of(self._encoder, issue_ids)}
        for issue_id in issue_ids:
            self._take(issue_id, there.get(issue_id))

    def one(self, issue_id: IssueId, store: Store) -> Centroid:
        """The centroid of a living issue and its state, as this block has written them."""
        found = store.centroids.of(self._encoder, [issue_id])
        if not found:
            self._is_gone(issue_id)
        return found[0]

    def near(
        self, mean: Vector, store: Store, *, center: Vector, most: int = 1024
    ) -> list[Centroid]:
        """The issues nearest to a mean, as this block has written them, by issue id."""
        return store.centroids.of(self._encoder, self.issues.near(mean, center=center, most=most))

    def young(self, since: datetime) -> list[IssueId]:
        """Issues that began as a burst after that moment; older ones are not asked for again."""
        self._burst_at = {one: at for one, at in self._burst_at.items() if at >= since}
        return sorted(self._burst_at)

    def joined_since(self, issue_id: IssueId, since: datetime) -> int:
        """How many contacts joined an issue after that moment, `_MOST_JOINS` at most."""
        moments = self._grew.get(issue_id)
        while moments and moments[0] < since:
            moments.popleft()
        if not moments:
            self._grew.pop(issue_id, None)
            return 0
        return len(moments)

    def _note_growth(self, issue_id: IssueId, count: int) -> None:
        if count > 0 and self._at is not None:
            moments = self._grew.setdefault(issue_id, deque(maxlen=_MOST_JOINS))
            moments.extend([self._at] * min(count, _MOST_JOINS))

    def _is_gone(self, issue_id: IssueId) -> NoReturn:
        # Only rows that somebody deleted by hand have no change to tell of it.
        self._kept.update(map(IssueId, self.issues))
        raise TryAgainLater(f"issue {issue_id} is gone: all issues are read again")

    def _take(self, issue_id: IssueId, centroid: Centroid | None) -> None:
        self._burst_at.pop(issue_id, None)
        if centroid is None:
            self.issues.drop(issue_id)
            self._grew.pop(issue_id, None)
            self.looked.pop(issue_id, None)
            return
        if issue_id in self.issues:
            self._note_growth(issue_id, centroid.size - self.issues.size(issue_id))
        self.issues.put(issue_id, centroid.mean, centroid.size)
        if centroid.burst_at is not None:
            self._burst_at[issue_id] = centroid.burst_at
