"""When a fix ships, what waited beside the issue is counted on it; what comes later is not."""

from dataclasses import replace
from datetime import timedelta

from bridge.domain.contacts import ContactId
from bridge.domain.issues import Issue, IssueState
from bridge.domain.people import Actor
from bridge.steps.context import Context
from bridge.steps.move import move_contacts
from bridge.steps.moves import Cause
from bridge.steps.ship import ReleaseNews, ship
from tests.builders import START, a_contact
from tests.conftest import Pipeline
from tests.flow.test_near_misses import FAR, NEAR, STRICT
from tests.groups_bench import Groups

_SHIPPED = timedelta(days=3)


def _send(groups: Groups, *texts: str, day: int) -> list[ContactId]:
    sent = groups.pipeline.send(
        *(
            a_contact(
                text,
                external_id=f"{day}-{number}",
                email=f"d{day}n{number}@x.example",
                minutes=day * 24 * 60 + number,
            )
            for number, text in enumerate(texts)
        )
    )
    return [one.contact_id for one in sent]


def _strict(pipeline: Pipeline) -> Context:
    """Nothing is joined or grouped by itself."""
    return replace(pipeline.application.context, finder=STRICT)


def _filed(groups: Groups) -> Issue:
    """An issue made by hand; what the machine made of its contacts before is counted anew."""
    issue = groups.issue("export", 6, state=IssueState.FILED)
    encoder = groups.application.context.encoder().name
    with groups.application.open() as store:
        known = store.vectors.centroids(groups.product.id, encoder)
        store.vectors.recount(groups.product.id, [one.issue_id for one in known])
    return issue


def _ship(groups: Groups, issue: Issue) -> None:
    pipeline, context = groups.pipeline, groups.application.context
    pipeline.clock.advance(START + _SHIPPED, pipeline.queue)
    now = pipeline.clock.moment
    news = ReleaseNews("4.2", now, issue_ids=(issue.id,))
    cause = Cause(Actor("token", "pipeline"), now)
    with groups.application.open() as store:
        ship(news, groups.product, store=store, context=context, cause=cause)
    pipeline.queue.drain(now)


def _affected(groups: Groups, issue: Issue) -> list[tuple[str, bool]]:
    """Who is on an issue, and whether only at even odds."""
    with groups.application.open() as store:
        found = store.affected.of_issues([issue.id])
    return [(one.identities[-1].key, issue.id in one.unsure) for one in found]


def test_what_waited_beside_a_fixed_issue_joins_it_and_nothing_later(
    pipeline: Pipeline,
) -> None:
    pipeline.rewire(_strict(pipeline))
    groups = Groups(pipeline)
    issue = _filed(groups)
    near, far = _send(groups, *NEAR[:2], FAR, day=1)[:2], _send(groups, FAR, day=2)
    pipeline.consolidate()
    assert set(groups.on(issue)).isdisjoint(near)
    _ship(groups, issue)
    on_it = set(groups.on(issue))
    assert set(near) <= on_it
    assert on_it.isdisjoint(far)
    with groups.application.open() as store:
        (placed,) = store.placements.of_contacts(groups.product.id, near[:1])
        assert store.issues.get(groups.product.id, issue.id).state is IssueState.SHIPPED
    assert placed.issue_id == issue.id
    unsure = {email for email, is_unsure in _affected(groups, issue) if is_unsure}
    assert unsure == {"d1n0@x.example", "d1n1@x.example"}, "letters ask a person first"
    later = _send(groups, NEAR[2], day=5)
    pipeline.consolidate()
    assert set(groups.on(issue)).isdisjoint(later)


def test_what_a_person_took_off_does_not_come_back_with_the_fix(pipeline: Pipeline) -> None:
    pipeline.rewire(_strict(pipeline))
    groups = Groups(pipeline)
    issue = _filed(groups)
    taken = groups.on(issue)[0]
    with groups.application.open() as store:
        move_contacts(issue, [taken], None, groups.act(store))
    _ship(groups, issue)
    assert taken not in groups.on(issue)
