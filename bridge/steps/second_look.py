"""Second look: is a grown issue two by now, and is one with a ticket another one's twin?

Nothing is done here: a person is asked. An issue is looked at again once it has changed by half.
"""

from collections.abc import Sequence

import numpy as np

from bridge.domain.contacts import ContactId, ProductId
from bridge.domain.grouping import Suggestion, SuggestionKind
from bridge.domain.issues import UNSOLVED, IssueId, IssueState
from bridge.domain.products import Product
from bridge.steps.asking import Question, propose, same_key
from bridge.steps.context import Context, rows_of
from bridge.steps.looking import MOST_MEMBERS, Clerk, fixed_of, records_of
from bridge.store import Store
from bridge.store.vectors import Centroid
from models.evidence import Groups, fixed_groups, probability
from models.outlook import likeliest
from models.splitting import Cut, cut_in_two

_STATES = UNSOLVED | {IssueState.CANDIDATE}
_MOST = 20
"""Issues looked at in one go; the others have their turn at the next."""

_UNLIKELY = 0.25
"""Below this probability it is not asked whether an issue is two."""

_HIDES_IN_ANOTHER = 0.5
"""What an issue costs that is told in another one's ticket, where a missing one costs 1."""

_LIKELY = 0.5
"""From this probability on it is asked whether two issues with tickets are one."""

_TICKETS_ARE_THERE = 0.15
"""What a second ticket that was filed already costs, where a missing one costs 1."""


def second_look(context: Context, *, product_id: int) -> None:
    """Look at what has grown, and propose splits and merges of issues that people stand behind."""
    encoder = context.encoder()
    with context.open() as store:
        product = store.products.lock_grouping(ProductId(product_id))
        due = store.centroids.changed_by_half(
            product.id, encoder.name, states=_STATES, least=product.min_contacts, limit=_MOST
        )
        if due:
            _SecondLook(product, due, store=store, context=context).run()
            sizes = {one.issue_id: one.size for one in due}
            store.centroids.mark_looked(encoder.name, sizes)


class _SecondLook:
    """One look at some issues of one product, inside one transaction."""

    def __init__(
        self, product: Product, due: Sequence[Centroid], *, store: Store, context: Context
    ) -> None:
        self._product = product
        self._due = due
        self._store = store
        self._context = context
        self._settings = context.finder_for(product)
        self._center = context.center(store, product.id)
        self._records = records_of(product, store=store, context=context)
        centroids = store.vectors.centroids(product.id, context.encoder().name)
        self._settled = [one for one in centroids if one.state in UNSOLVED]

    def run(self) -> None:
        """Propose what is worth asking about these issues, and drop what is not any more."""
        splits = [question for one in self._due if (question := self._split(one)) is not None]
        wanted = [*splits, *self._twins()]
        propose(wanted, self._asked(), self._product, store=self._store, context=self._context)

    def _split(self, issue: Centroid) -> Question | None:
        encoder, product = self._context.encoder(), self._product
        if issue.size < 2 * product.min_contacts:
            return None
        members = self._store.vectors.of_issue(issue.issue_id, encoder.name, limit=MOST_MEMBERS)
        members.reverse()
        contacts = [contact_id for contact_id, *_ in members]
        clerk = Clerk(contacts, [], self._records, self._settings)
        cut = cut_in_two(
            rows_of([vector for *_, vector in members], encoder.dimensions),
            center=self._center,
            settings=self._settings,
            clues=clerk.clues(),
        )
        if cut is None or not self._are_issues(cut, contacts):
            return None
        odds = self._settings.cut_shift - cut.weighed.same_issue
        likely = probability(odds)
        if likely < _UNLIKELY:
            return None
        return Question(
            kind=SuggestionKind.SPLIT,
            key=split_key(issue.issue_id, issue.size),
            issue_id=issue.issue_id,
            contacts=tuple(contacts[row] for row in cut.smaller),
            probability=likely,
            log_odds=odds + product.same_shift,
            similarity=cut.weighed.similarity,
            worth=_HIDES_IN_ANOTHER * likely,
            why=_why_two(cut, likely),
        )

    def _are_issues(self, cut: Cut, contacts: Sequence[ContactId]) -> bool:
        """Whether each side is large enough to be an issue of its own."""
        product = self._product
        return len(cut.smaller) >= product.min_contacts and all(
            self._records.customers_of(contacts[row] for row in side) >= product.min_customers
            for side in (cut.smaller, cut.larger)
        )

    def _twins(self) -> list[Question]:
        """About pairs of issues that people stand behind, of which one is looked at."""
        encoder, settings = self._context.encoder(), self._settings
        rows = {one.issue_id: row for row, one in enumerate(self._settled)}
        fixed = fixed_of(self._settled, encoder.dimensions)
        groups = Groups(fixed_groups(fixed.members(self._center), fixed.sizes), settings)
        clues = Clerk([], list(rows), self._records, settings).clues()
        # The last one is for contacts on none of them.
        groups.tie(np.append(np.arange(len(rows)), -1), clues.follow_ups)
        groups.keep_apart(clues.apart)
        found = {}
        for one in self._due:
            row = rows.get(one.issue_id)
            twin = None if row is None else self._twin(row, groups)
            if twin is not None:
                found[twin.key] = twin
        return list(found.values())

    def _twin(self, row: int, groups: Groups) -> Question | None:
        """About the issue it is likeliest the same as."""
        others = [number for number in groups.by_number if number != row]
        other, odds = likeliest(groups, row, others)
        if other is None or probability(odds) < _LIKELY:
            return None
        first, second = sorted((self._settled[row].issue_id, self._settled[other].issue_id))
        one, twin = groups.by_number[row], groups.by_number[other]
        likely = probability(odds)
        return Question(
            kind=SuggestionKind.SAME,
            key=same_key(first, second),
            issue_id=first,
            other_id=second,
            probability=likely,
            log_odds=odds - self._product.same_shift,
            similarity=float(one.mean @ twin.mean),
            worth=_TICKETS_ARE_THERE * likely,
            why=_why_one(one.ties[other], likely),
        )

    def _asked(self) -> list[Suggestion]:
        """What is open about the issues that are looked at, but for questions about candidates."""
        due = {one.issue_id for one in self._due}
        settled = {one.issue_id for one in self._settled}
        return [
            one
            for one in self._store.suggestions.open(self._product.id)
            if {one.issue_id, one.other_id} & due
            and (
                one.kind is SuggestionKind.SPLIT
                or (one.kind is SuggestionKind.SAME and {one.issue_id, one.other_id} <= settled)
            )
        ]


def split_key(issue_id: IssueId, size: int) -> str:
    """Names the question whether an issue is two: asked anew at 16, 32, 64 … contacts."""
    return f"{issue_id}/{size.bit_length()}"


def _why_two(cut: Cut, likely: float) -> str:
    weighed, few, many = cut.weighed, len(cut.smaller), len(cut.larger)
    told = (
        f"{few} of its contacts are worded differently from {many} others"
        f" (similarity {weighed.similarity:.2f})"
    )
    if weighed.inside:
        told += (
            f"; who wrote again stayed on one side {_times(weighed.inside)}"
            f" and changed sides {_times(weighed.crossing)}"
        )
    return f"{told}; two issues with a probability of {likely:.0%}"


def _why_one(crossing: int, likely: float) -> str:
    told = "their contacts are alike"
    if crossing:
        told += f", and customers of one wrote about the other within days {_times(crossing)}"
    return f"{told}; one issue with a probability of {likely:.0%}"


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")
