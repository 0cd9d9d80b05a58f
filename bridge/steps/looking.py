"""What the finder is given beside the vectors: who wrote when, and what people decided."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from bridge.domain.contacts import ContactId
from bridge.domain.grouping import ConstraintKind, Pair
from bridge.domain.issues import IssueId, IssueState
from bridge.domain.products import Product
from bridge.steps.asking import Looked, ask_about
from bridge.steps.context import Context, rows_of
from bridge.store import Store
from bridge.store.evidence import NOBODY, Timeline
from bridge.store.vectors import Centroid, SeenOutlook
from models.clues import Clues, Fixed
from models.follow_ups import follow_ups
from models.outlook import Outlook, look_at
from models.settings import FinderSettings
from models.vectors import IntArray

WINDOW = timedelta(days=60)
"""Older contacts are neither grouped nor evidence."""

MOST_MEMBERS = 400
"""So many of the newest contacts stand for a larger issue."""
_NOWHERE = -1


def fixed_of(centroids: Sequence[Centroid], dimensions: int) -> Fixed:
    """The issues as the finder wants them."""
    sizes = np.array([one.size for one in centroids], dtype=np.int64)
    return Fixed(rows_of([one.mean for one in centroids], dimensions), sizes)


@dataclass(frozen=True, slots=True)
class Records:
    """Who wrote when, and which contacts people tied or kept apart: read once for one look."""

    timeline: Timeline
    together: Sequence[Pair]
    apart: Sequence[Pair]
    homes: Mapping[int, int]
    """The issue of each of these contacts that is on one: pairs hold however old they are."""

    def customers_of(self, contact_ids: Iterable[ContactId]) -> int:
        """How many people that are known wrote these."""
        chosen = np.isin(self.timeline.contacts, list(contact_ids))
        customers = self.timeline.customers[chosen]
        return len(np.unique(customers[customers != NOBODY]))


def records_of(product: Product, *, store: Store, context: Context) -> Records:
    """The records of a product, as far back as they are evidence."""
    since = context.now() - WINDOW
    timeline = store.evidence.timeline(product.id, context.encoder().name, since=since)
    homes = dict(zip(timeline.contacts.tolist(), timeline.issues.tolist(), strict=True))
    constraints = store.constraints.of_product(product.id)
    older = {one for constraint in constraints for one in constraint.pair} - homes.keys()
    for placed in store.placements.of_contacts(product.id, sorted(older)):
        homes[placed.contact_id] = placed.issue_id
    return Records(
        timeline,
        together=[one.pair for one in constraints if one.kind is ConstraintKind.MUST_LINK],
        apart=[one.pair for one in constraints if one.kind is ConstraintKind.CANNOT_LINK],
        homes=homes,
    )


class Clerk:
    """Gathers the clues about some loose contacts and the issues that stay."""

    def __init__(
        self,
        loose: Sequence[ContactId],
        settled: Sequence[IssueId],
        records: Records,
        settings: FinderSettings,
    ) -> None:
        self._records = records
        self._settings = settings
        self._rows = {contact_id: row for row, contact_id in enumerate(loose)}
        self._issues = {issue_id: len(loose) + row for row, issue_id in enumerate(settled)}
        self._homes = records.homes

    def clues(self) -> Clues:
        """Everything, told in the numbers of `Clues`."""
        timeline = self._records.timeline
        # What is not in the timeline came before it began.
        days = np.full(len(self._rows), -np.inf)
        for contact_id, day in zip(timeline.contacts.tolist(), timeline.days.tolist(), strict=True):
            row = self._rows.get(ContactId(contact_id))
            if row is not None:
                days[row] = day
        return Clues(
            follow_ups=follow_ups(timeline.customers, timeline.days, self._settings).told(
                self._numbers()
            ),
            together=self._known(self._records.together),
            apart=self._known(self._records.apart),
            days=days,
        )

    def apart(self) -> set[tuple[ContactId, IssueId]]:
        """Which contacts people keep apart from what is on which of the settled issues."""
        found = set()
        for pair in self._records.apart:
            for contact_id, other in (pair, pair[::-1]):
                home = IssueId(self._homes.get(other, _NOWHERE))
                if contact_id in self._rows and home in self._issues:
                    found.add((contact_id, home))
        return found

    def _numbers(self) -> IntArray:
        return np.array(
            [self._number(one) for one in self._records.timeline.contacts], dtype=np.int64
        )

    def _number(self, contact_id: int) -> int:
        row = self._rows.get(ContactId(contact_id))
        if row is not None:
            return row
        return self._issues.get(IssueId(self._homes.get(contact_id, _NOWHERE)), _NOWHERE)

    def _known(self, pairs: Sequence[tuple[ContactId, ContactId]]) -> list[tuple[int, int]]:
        found = [(self._number(one), self._number(other)) for one, other in pairs]
        return [(one, other) for one, other in found if one >= 0 and other >= 0]


def look_again(
    issue_id: IssueId,
    centroids: Sequence[Centroid],
    product: Product,
    *,
    store: Store,
    context: Context,
) -> None:
    """Write what the finder thinks of one candidate as it is now."""
    encoder, settings = context.encoder(), context.finder_for(product)
    members = store.vectors.of_issue(issue_id, encoder.name, limit=MOST_MEMBERS)
    settled = [
        one
        for one in centroids
        if one.state is not IssueState.CANDIDATE and one.issue_id != issue_id
    ]
    clerk = Clerk(
        [contact_id for contact_id, *_ in members],
        [one.issue_id for one in settled],
        records_of(product, store=store, context=context),
        settings,
    )
    seen = look_at(
        rows_of([vector for *_, vector in members], encoder.dimensions),
        fixed_of(settled, encoder.dimensions),
        center=context.center(store, product.id),
        settings=settings,
        clues=clerk.clues(),
    )
    kept = seen_outlook(seen, [one.issue_id for one in settled], {})
    store.vectors.save_outlooks(encoder.name, {issue_id: kept})
    ask_about({issue_id: Looked(kept, len(members))}, product, store=store, context=context)


def seen_outlook(
    outlook: Outlook, settled: Sequence[IssueId], candidates: Mapping[int, IssueId]
) -> SeenOutlook:
    """The finder's numbers as the store keeps them."""
    nearest = None
    if outlook.nearest is not None:
        nearest = settled[outlook.nearest]
    elif outlook.nearest_candidate is not None:
        nearest = candidates[outlook.nearest_candidate]
    same = outlook.same_as_nearest if nearest is not None else None
    return SeenOutlook(outlook.new_issue, nearest, same)
