"""Near misses: contacts on no issue that are nearly similar enough to one are asked about."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bridge.domain.contacts import ContactId
from bridge.domain.grouping import SuggestionKind
from bridge.domain.issues import UNSOLVED, IssueId
from bridge.domain.products import Product
from bridge.steps.asking import Question, belongs_key, propose
from bridge.steps.context import Context, rows_of
from bridge.steps.looking import fixed_of
from bridge.store import Store
from bridge.store.vectors import Centroid, LooseContact
from models.evidence import probability
from models.matching import NearMiss, near_misses

_MOST_OF_ISSUE = 3
_MOST = 100
"""So many are open in a product, those nearest to belonging."""

_ONE_CONTACT = 0.1
"""What a contact costs that is not counted, where a missing ticket costs 1."""


@dataclass(frozen=True, slots=True)
class Alone:
    """What a look at all contacts left on no issue."""

    contacts: Sequence[LooseContact]
    apart: Collection[tuple[ContactId, IssueId]]
    """What people keep apart."""


def ask_about_near_misses(
    alone: Alone, issues: Sequence[Centroid], product: Product, *, store: Store, context: Context
) -> None:
    """Propose the contacts that are nearest to belonging; drop what is not near any more."""
    issues = [one for one in issues if one.state in UNSOLVED]
    dimensions, settings = context.encoder().dimensions, context.finder_for(product)
    found = near_misses(
        rows_of([one.vector for one in alone.contacts], dimensions),
        fixed_of(issues, dimensions),
        center=context.center(store, product.id),
        settings=settings,
    )
    near = [
        _question(alone.contacts[one.row].id, issues[one.issue].issue_id, one, product)
        for one in found
        if (alone.contacts[one.row].id, issues[one.issue].issue_id) not in alone.apart
    ]
    kind = SuggestionKind.BELONGS
    rejected = store.suggestions.rejected(product.id, kind, [one.key for one in near])
    asked = [one for one in store.suggestions.open(product.id) if one.kind is kind]
    wanted = _few([one for one in near if one.key not in rejected])
    propose(wanted, asked, product, store=store, context=context)


def _few(near: Sequence[Question]) -> list[Question]:
    """The most likely ones, a few of each issue."""
    taken: Counter[IssueId] = Counter()
    chosen: list[Question] = []
    for one in sorted(near, key=lambda one: (-one.probability, one.key)):
        if taken[one.issue_id] < _MOST_OF_ISSUE and len(chosen) < _MOST:
            taken[one.issue_id] += 1
            chosen.append(one)
    return chosen


def _question(
    contact_id: ContactId, issue_id: IssueId, near: NearMiss, product: Product
) -> Question:
    likely = probability(near.log_odds)
    return Question(
        kind=SuggestionKind.BELONGS,
        key=belongs_key(contact_id, issue_id),
        issue_id=issue_id,
        contact_id=contact_id,
        probability=likely,
        log_odds=near.log_odds - product.join_shift,
        similarity=near.similarity,
        worth=_ONE_CONTACT * likely,
        why="it is nearly as similar to the issue as is needed to join it by itself",
    )
