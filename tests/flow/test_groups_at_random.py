"""Decisions about groups, in any order, keep the promises; undone in reverse nothing is left."""

import random

import pytest

from bridge.domain.grouping import SuggestionKind
from bridge.domain.issues import Issue, IssueState
from bridge.steps.answer import answer_suggestion
from bridge.steps.merge import merge_issues
from bridge.steps.move import move_contacts, split_issue
from bridge.store import Store
from tests.conftest import Pipeline
from tests.groups_bench import Groups

_STEPS = 14


@pytest.mark.parametrize("seed", range(6))
def test_decisions_in_any_order_hold_and_are_undone_in_reverse(
    pipeline: Pipeline, seed: int
) -> None:
    groups, chance = Groups(pipeline), random.Random(seed)
    states = (IssueState.CANDIDATE, IssueState.CONFIRMED, IssueState.FILED)
    for topic in ("export", "login", "invoice"):
        groups.issue(topic, chance.randint(3, 6), state=chance.choice(states))
    before = groups.whole()
    decided: list[tuple[Issue, tuple[object, ...]]] = []
    for step in range(_STEPS):
        was = groups.whole()
        with groups.application.open() as store:
            about = _decide(groups, store, chance, step)
        assert groups.broken_promises() == [], (seed, step)
        if about is not None:
            decided.append((about, was))
    assert len(decided) >= _STEPS // 2
    for about, was in reversed(decided):
        groups.undo(about)
        assert _but_numbers(groups.whole()) == _but_numbers(was), (seed, about.name)
        assert groups.broken_promises() == []
    assert _but_numbers(groups.whole()) == _but_numbers(before)


def _decide(groups: Groups, store: Store, chance: random.Random, step: int) -> Issue | None:
    """One decision among living issues; the issue it is about, None when there was no choice."""
    act, product_id = groups.act(store), groups.product.id
    gone = store.issues.survivors(product_id)
    homes = store.issues.homes(product_id)
    living = sorted({store.issues.get(product_id, one) for one in homes.values()}, key=_by_id)
    living = [one for one in living if one.id not in gone]
    one, other = chance.sample(living, 2) if len(living) > 1 else (living[0], None)
    contacts = [place.contact_id for place in store.placements.of_issue(product_id, one.id)]
    some = chance.sample(contacts, chance.randint(1, max(1, len(contacts) // 2)))
    match chance.choice(("merge", "split", "move", "off", "yes", "no")):
        case "merge" if other is not None:
            return merge_issues(one, [other], act)
        case "split" if len(contacts) > 1:
            split_issue(one, some, act)
            return one
        case "move" if other is not None:
            return move_contacts(one, some, other, act)
        case "off" if len(contacts) > 1:
            return move_contacts(one, some[:1], None, act)
        case ("yes" | "no") as said:
            asked = store.suggestions.propose(
                product_id,
                kind=SuggestionKind.BELONGS,
                key=str(step),
                issue_id=one.id,
                contact_id=some[0],
                now=act.cause.at,
            )
            suggestion = store.suggestions.get(product_id, asked or 0)
            answer_suggestion(suggestion, act, is_yes=said == "yes")
            return one
        case _:
            return None


def _by_id(issue: Issue) -> int:
    return issue.id


def _but_numbers(whole: tuple[object, ...]) -> tuple[object, ...]:
    """Without the issues that splits made and undo merged back: their numbers are never reused."""
    homes, _, pairs, _, workarounds, centroids = whole
    return homes, pairs, workarounds, centroids
