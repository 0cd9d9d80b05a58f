"""Consolidate: look at all unassigned contacts and untouched candidates together.

Confirmed, filed and dismissed issues never lose a contact here.
"""

import math
from collections import Counter
from dataclasses import replace

import numpy as np

from bridge.domain.contacts import ProductId
from bridge.domain.issues import IssueId, IssueState
from bridge.domain.people import MACHINE
from bridge.domain.products import Product
from bridge.steps.asking import Looked, ask_about
from bridge.steps.burst import burst_since
from bridge.steps.candidates import found_candidate
from bridge.steps.context import Context, rows_of
from bridge.steps.follow_up import contact_joined, contacts_changed
from bridge.steps.foreign import learn_soon as translate_soon
from bridge.steps.looking import (
    WINDOW,
    Clerk,
    fixed_of,
    look_again,
    records_of,
    seen_outlook,
)
from bridge.steps.moves import Cause, move_issue
from bridge.steps.naming import rename
from bridge.steps.near_misses import Alone, ask_about_near_misses
from bridge.steps.templates import learn_soon
from bridge.store import Store
from bridge.store.issues import Place
from bridge.store.vectors import Centroid, LooseContact
from models.clustering import Regrouping
from models.clustering import consolidate as regroup
from models.vectors import FloatArray, IntArray, Vector

_MOST_UNASSIGNED = 5_000
_ORIGIN = "job:consolidate"
_SECONDS_A_DAY = 86_400


def consolidate(context: Context, *, product_id: int) -> None:
    """Form candidates from contacts that agree; dissolve candidates that fell apart."""
    with context.open() as store:
        product = store.products.lock_grouping(ProductId(product_id))
        loose = store.vectors.loose(
            product.id,
            context.encoder().name,
            since=context.now() - WINDOW,
            limit=_MOST_UNASSIGNED,
            young_since=burst_since(context.now(), context.finder),
            least_apart=context.finder.burst_contacts,
        )
        if loose:
            _Pass(product, loose, store=store, context=context).run()
        for job in ("parts", "second_look"):
            store.enqueue(job, once=f"{job}:{product.id}", product_id=product.id)
        learn_soon(product.id, store=store, context=context)
        translate_soon(product.id, store=store)


class _Pass:
    """One consolidation of one product, inside one transaction."""

    def __init__(
        self, product: Product, loose: list[LooseContact], *, store: Store, context: Context
    ) -> None:
        self._product = product
        self._loose = loose
        self._store = store
        self._context = context
        self._encoder = context.encoder()
        centroids = store.vectors.centroids(product.id, self._encoder.name)
        # A candidate that a person touched keeps its contacts like a settled issue.
        movable = {one.issue_id for one in loose}
        self._settled = [
            one
            for one in centroids
            if one.state is not IssueState.CANDIDATE or one.issue_id not in movable
        ]
        self._homes: dict[int, IssueId] = {}
        self._places: list[Place] = []
        self._candidates: dict[int, Centroid] = {}

    def run(self) -> None:
        """Regroup, then write what changed."""
        settings = self._context.finder_for(self._product)
        clerk = Clerk(
            [one.id for one in self._loose],
            [one.issue_id for one in self._settled],
            records_of(self._product, store=self._store, context=self._context),
            settings,
        )
        found = regroup(
            rows_of([one.vector for one in self._loose], self._encoder.dimensions),
            fixed_of(self._settled, self._encoder.dimensions),
            current=np.array([one.issue_id or -1 for one in self._loose], dtype=np.int64),
            center=self._context.center(self._store, self._product.id),
            settings=settings,
            clues=replace(clerk.clues(), takes_until=self._takes_until(), asked=self._asked()),
        )
        self._leave(found)
        self._join_settled(found)
        groups: dict[int, list[int]] = {}
        for row, number in enumerate(found.candidates.tolist()):
            if number >= 0:
                groups.setdefault(number, []).append(row)
        for number in sorted(groups):
            self._fill_candidate(number, groups[number], found)
        self._write_outlooks(found)
        self._dissolve(set(groups))
        self._ask_about(np.flatnonzero((found.joined < 0) & (found.candidates < 0)), clerk)

    def _takes_until(self) -> FloatArray:
        """When the fix of each settled issue came out: it takes what waited beside it before."""
        fixed = self._store.issues.fixed_since(self._product.id)
        return np.array(
            [
                fixed[one.issue_id].timestamp() / _SECONDS_A_DAY
                if one.issue_id in fixed
                else -math.inf
                for one in self._settled
            ],
            dtype=np.float64,
        )

    def _asked(self) -> set[int]:
        """Candidates that wait for an answer."""
        if not self._context.waits_for_review():
            return set()
        suggestions = self._store.suggestions.open(self._product.id)
        return {one for asked in suggestions for one in (asked.issue_id, asked.other_id) if one}

    def _ask_about(self, rows: IntArray, clerk: Clerk) -> None:
        """Ask about what stayed alone though an issue is near."""
        alone = Alone([self._loose[row] for row in rows.tolist()], clerk.apart())
        ask_about_near_misses(
            alone, self._settled, self._product, store=self._store, context=self._context
        )

    def _leave(self, found: Regrouping) -> None:
        """Contacts that belong to nothing any more become unassigned."""
        alone = np.flatnonzero((found.joined < 0) & (found.candidates < 0))
        leavers = [self._loose[row].id for row in alone if self._loose[row].issue_id is not None]
        if leavers:
            self._store.issues.unassign(leavers, now=self._context.now())

    def _join_settled(self, found: Regrouping) -> None:
        touched: set[int] = set()
        for row, group in enumerate(found.joined.tolist()):
            if group < 0:
                continue
            issue = self._settled[group]
            self._put(row, issue.issue_id, found)
            issue.total = np.asarray(issue.total + self._loose[row].vector, dtype=np.float32)
            issue.size += 1
            touched.add(group)
            contact_joined(issue, self._loose[row].id, self._product, store=self._store)
        self._write_places()
        for group in sorted(touched):
            issue = self._settled[group]
            if issue.state is IssueState.CANDIDATE:
                self._look_again(issue.issue_id)
            self._save(issue)

    def _look_again(self, issue_id: IssueId) -> None:
        look_again(issue_id, self._settled, self._product, store=self._store, context=self._context)

    def _fill_candidate(self, number: int, rows: list[int], found: Regrouping) -> None:
        members = [self._loose[row] for row in rows]
        before = {one.id for one in self._loose if one.issue_id == number}
        issue_id = IssueId(number) if before else self._new_candidate()
        for row in rows:
            self._put(row, issue_id, found)
        self._write_places()
        total: Vector = np.sum([one.vector for one in members], axis=0, dtype=np.float32)
        self._candidates[number] = Centroid(issue_id, IssueState.CANDIDATE, total, len(members))
        if {one.id for one in members} != before:
            rename(issue_id, self._product.id, store=self._store, context=self._context)
            self._save(self._candidates[number])

    def _write_outlooks(self, found: Regrouping) -> None:
        """Keep what is thought of each candidate, and look whether a sure one can be filed."""
        settled = [one.issue_id for one in self._settled]
        candidates = {number: one.issue_id for number, one in self._candidates.items()}
        looked = {}
        for number, outlook in found.outlooks.items():
            seen = seen_outlook(outlook, settled, candidates)
            looked[candidates[number]] = Looked(seen, self._candidates[number].size)
        kept = {issue_id: one.seen for issue_id, one in looked.items()}
        self._store.vectors.save_outlooks(self._encoder.name, kept)
        ask_about(looked, self._product, store=self._store, context=self._context)
        for number, outlook in found.outlooks.items():
            if outlook.new_issue >= self._context.finder.least_new:
                contacts_changed(
                    self._candidates[number],
                    self._product,
                    store=self._store,
                    context=self._context,
                )

    def _new_candidate(self) -> IssueId:
        return found_candidate(
            self._product,
            store=self._store,
            context=self._context,
            reason="similar contacts were found",
            origin=_ORIGIN,
        )

    def _put(self, row: int, issue_id: IssueId, found: Regrouping) -> None:
        contact = self._loose[row]
        self._homes[row] = issue_id
        if contact.issue_id == issue_id:
            return
        similarity = float(found.similarities[row])
        why = "grouped when all contacts were looked at together"
        is_late = row in found.late
        if is_late:
            why = "it came before the fix and is likely about it"
        self._places.append(
            Place(
                contact_id=contact.id,
                issue_id=issue_id,
                similarity=similarity,
                threshold=self._context.finder.found_threshold,
                encoder=self._encoder.name,
                actor=MACHINE.name,
                reason=f"{why}: {similarity:.2f}",
                is_late=is_late,
            )
        )

    def _write_places(self) -> None:
        places, self._places = self._places, []
        if places:
            self._store.issues.assign_all(self._product.id, places, now=self._context.now())
            placed = [one.contact_id for one in places]
            self._store.suggestions.withdraw(self._product.id, contact_ids=placed)

    def _save(self, centroid: Centroid) -> None:
        self._store.vectors.save_centroid(
            self._product.id,
            self._encoder.name,
            centroid.issue_id,
            centroid.total,
            centroid.size,
        )
        contacts_changed(centroid, self._product, store=self._store, context=self._context)

    def _dissolve(self, living: set[int]) -> None:
        """A candidate without contacts forwards to where most of them went, or is dismissed."""
        emptied: dict[IssueId, Counter[IssueId]] = {}
        for row, contact in enumerate(self._loose):
            if contact.issue_id is None or contact.issue_id in living:
                continue
            homes = emptied.setdefault(contact.issue_id, Counter())
            if row in self._homes:
                homes[self._homes[row]] += 1
        for issue_id, homes in sorted(emptied.items()):
            self._retire(issue_id, homes)

    def _retire(self, issue_id: IssueId, homes: Counter[IssueId]) -> None:
        issue = self._store.issues.get(self._product.id, issue_id, lock=True)
        nothing = np.zeros(self._encoder.dimensions, dtype=np.float32)
        self._store.vectors.save_centroid(
            self._product.id, self._encoder.name, issue_id, nothing, 0
        )
        self._store.suggestions.withdraw(self._product.id, issue_ids=[issue_id])
        now = self._context.now()
        self._store.parts.leave(issue_id, now=now)
        if not homes:
            cause = Cause(MACHINE, now, "its contacts are not alike enough any more", _ORIGIN)
            move_issue(issue, IssueState.DISMISSED, store=self._store, cause=cause)
            return
        survivor = homes.most_common(1)[0][0]
        self._store.issues.change(issue, {"merged_into": survivor})
        self._store.decisions.record(
            self._product.id,
            "merged",
            at=now,
            actor=MACHINE,
            issue_id=issue_id,
            after={"merged_into": survivor},
            reason="its contacts belong to that issue",
            origin=_ORIGIN,
        )


def consolidate_all(context: Context) -> None:
    """Queue a consolidation of every product; each is a job of its own."""
    with context.open() as store:
        for product in store.products.all():
            store.enqueue("consolidate", once=f"consolidate:{product.id}", product_id=product.id)
