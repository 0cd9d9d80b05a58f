"""Lessons: what people answer, or do unasked, moves how readily the finder puts things together.

Each answer is kept with what the finder had thought of it, and the shifts of the product are
fitted to all of them anew: an answer that is taken back teaches nothing.
"""

from collections.abc import Sequence

import numpy as np

from bridge.domain.contacts import ProductId
from bridge.domain.errors import OutsideError
from bridge.domain.grouping import SuggestionKind
from bridge.domain.issues import Issue
from bridge.steps.asking import belongs_key, same_key
from bridge.steps.context import rows_of
from bridge.steps.groups import Act, Trail
from bridge.steps.looking import MOST_MEMBERS, Clerk, records_of
from bridge.store import Store
from bridge.store.lessons import Unasked
from bridge.store.suggestions import Answer
from models.learning import Lesson, learned_shift
from models.splitting import weigh

_MOST = 1_000
"""So many of the newest answers count."""

_UNASKED_WEIGHT = 0.25
"""People tell of mistakes and not of what is right: what they do unasked counts less."""


def relearn(product_id: ProductId, *, store: Store) -> None:
    """Fit the shifts of a product to what its people have said."""
    same, join = [], []
    for said in store.lessons.of_product(product_id, limit=_MOST):
        weight = 1.0 if said.was_asked else _UNASKED_WEIGHT
        match said.kind:
            case SuggestionKind.SAME:
                same.append(Lesson(said.log_odds, said.is_yes, weight))
            case SuggestionKind.SPLIT:
                same.append(Lesson(-said.log_odds, not said.is_yes, weight))
            case SuggestionKind.BELONGS:
                join.append(Lesson(said.log_odds, said.is_yes, weight))
            case SuggestionKind.REAL:
                pass  # Whether it is an issue at all does not tell what belongs together.
    store.products.save_shifts(product_id, same=learned_shift(same), join=learned_shift(join))


def learn_from_merge(survivor: Issue, others: Sequence[Issue], trail: Trail, act: Act) -> None:
    """A person merged unasked: an open question about it is answered, else it is noted.

    A pair that the finder never compared teaches nothing.
    """
    store, product = act.store, act.store.products.get(survivor.product_id)
    for other in others:
        key = same_key(survivor.id, other.id)
        answered = store.lessons.answer_open(product.id, SuggestionKind.SAME, key, _yes(act))
        if answered is not None:
            trail.lessons.append(answered)
            continue
        thought = store.centroids.thought_same(survivor.id, other.id)
        if thought is not None:
            odds = thought + act.context.finder.asked_shift - product.same_shift
            told = Unasked(SuggestionKind.SAME, key, survivor.id, odds, other_id=other.id)
            trail.lessons.append(store.lessons.note(product.id, told, _yes(act)))
    relearn(product.id, store=store)


def learn_from_split(issue: Issue, made: Issue, trail: Trail, act: Act) -> None:
    """A person split unasked; a few contacts that are taken off teach nothing."""
    store, product = act.store, act.store.products.get(issue.product_id)
    try:
        encoder = act.context.encoder()
    except OutsideError:
        return
    settings = act.context.finder_for(product)
    sides = [
        store.vectors.of_issue(one.id, encoder.name, limit=MOST_MEMBERS) for one in (issue, made)
    ]
    if min(map(len, sides)) < settings.least_contacts:
        return
    members = [member for side in sides for member in side]
    contacts = [contact_id for contact_id, *_ in members]
    records = records_of(product, store=store, context=act.context)
    weighed = weigh(
        rows_of([vector for *_, vector in members], encoder.dimensions),
        np.arange(len(members)) >= len(sides[0]),
        center=act.context.center(store, product.id),
        settings=settings,
        clues=Clerk(contacts, [], records, settings).clues(),
    )
    odds = product.same_shift - weighed.same_issue
    key = f"{issue.id}/{made.id}"
    told = Unasked(SuggestionKind.SPLIT, key, issue.id, odds, other_id=made.id)
    trail.lessons.append(store.lessons.note(product.id, told, _yes(act)))
    relearn(product.id, store=store)


def learn_from_move(issue: Issue, trail: Trail, act: Act) -> None:
    """A person took contacts off unasked: the one that the machine was surest of teaches.

    What a person had put there teaches nothing.
    """
    store, product = act.store, act.store.products.get(issue.product_id)
    surest = store.lessons.surest(trail.ended)
    if surest is None:
        return
    settings = act.context.finder
    weighed = settings.same_weights[0] * (surest.margin + settings.similar_margin)
    told = Unasked(
        SuggestionKind.BELONGS,
        belongs_key(surest.contact_id, issue.id),
        issue.id,
        weighed - product.join_shift,
        contact_id=surest.contact_id,
    )
    no = Answer(is_yes=False, by=act.cause.actor.name, at=act.cause.at)
    trail.lessons.append(store.lessons.note(product.id, told, no))
    relearn(product.id, store=store)


def _yes(act: Act) -> Answer:
    return Answer(is_yes=True, by=act.cause.actor.name, at=act.cause.at)
