"""What a process keeps of the issues in memory is what the database says, whatever happens."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.random import default_rng
from sqlalchemy import text

from bridge.domain.contacts import ProductId
from bridge.domain.errors import TryAgainLater
from bridge.domain.issues import IssueState
from bridge.queue import InlineQueue
from bridge.settings import Settings
from bridge.steps.assign import assign
from bridge.steps.ingest import ingest
from bridge.steps.move import move_contacts
from bridge.steps.moves import Cause, move_issue
from bridge.store import Store
from bridge.wiring import Application, build, for_replay
from bridge.wiring.clock import SimulatedClock
from models.nearest import Issues
from models.vectors import unit_rows
from tests.builders import a_contact, contacts_about_export
from tests.conftest import Pipeline
from tests.groups_bench import MIA, TEXTS, Groups


@pytest.fixture
def groups(pipeline: Pipeline) -> Groups:
    """Issues made by hand."""
    return Groups(pipeline)


@pytest.fixture
def other(settings: Settings, clock: SimulatedClock, application: Application) -> Iterator[Groups]:
    """A second process on the same database."""
    queue = InlineQueue()
    built = for_replay(build(settings, queue=queue, now=clock))
    with built.open() as store:
        product = store.products.by_slug("default")
    yield Groups(Pipeline(built, queue, clock, product))
    built.close()


def _knows(application: Application, product_id: ProductId) -> set[int]:
    """The issues this process knows, once it is certain that it knows them as they are."""
    context = application.context
    encoder, settings = context.encoder(), context.finder
    living, truth = context.living(product_id), Issues(encoder.dimensions)
    with application.open() as store:
        store.products.lock_grouping(product_id)
        with living.brought_up_to_date(store, now=application.context.now()):
            for one in store.vectors.centroids(product_id, encoder.name):
                truth.put(one.issue_id, one.mean, one.size)
            rows = default_rng(0).normal(size=(9, encoder.dimensions))
            for vector in unit_rows(rows.astype(np.float32)):
                center = np.zeros(encoder.dimensions, dtype=np.float32)
                found = living.issues.place(vector, center=center, settings=settings)
                assert found == truth.place(vector, center=center, settings=settings)
            assert set(living.issues) == set(truth)
    return set(truth)


def _export(number: int) -> str:
    return TEXTS["export"].format(n=number)


def test_two_processes_that_take_turns_count_every_contact(groups: Groups, other: Groups) -> None:
    export = groups.issue("export")
    for turn in range(4):
        for place, process in enumerate((groups, other)):
            number = 100 + 2 * turn + place
            process.pipeline.send(
                a_contact(_export(number), external_id=f"n-{number}", minutes=number)
            )
            assert export.id in _knows(process.application, groups.product.id)
    assert groups.centroids()[export.id][0] == len(groups.on(export)) == 12


def test_what_was_rolled_back_is_forgotten(groups: Groups, monkeypatch: pytest.MonkeyPatch) -> None:
    export = groups.issue("export")
    context, product_id = groups.application.context, groups.product.id
    before = _knows(groups.application, product_id), groups.centroids()
    with groups.application.open() as store:
        joins = a_contact(_export(77), external_id="joins", minutes=30)
        burst = [
            a_contact(
                f"Every payment by card is refused today, attempt {number}",
                external_id=f"burst-{number}",
                email=f"payer{number}@customer.example",
                minutes=30,
            )
            for number in range(6)
        ]
        for contact in (joins, *burst):
            ingest(contact, groups.product, store=store, context=context)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "commit", _fails)
        with pytest.raises(TryAgainLater):
            assign(context, product_id=product_id)
    assert set(context.living(product_id).issues) > before[0], "nothing had been changed in memory"
    assert (_knows(groups.application, product_id), groups.centroids()) == before
    groups.pipeline.queue.drain(groups.pipeline.clock.moment)
    assert len(_knows(groups.application, product_id)) == len(before[0]) + 1
    assert len(groups.on(export)) == 5


def _fails(store: Store) -> None:
    raise TryAgainLater("the database is not available right now")


def _merge(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    assert login.id in _knows(groups.application, groups.product.id)
    groups.merge(export, login)


def _merge_and_undo(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    groups.merge(export, login)
    assert login.id not in _knows(groups.application, groups.product.id)
    groups.undo(export)


def _empty(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    _knows(groups.application, groups.product.id)
    with groups.application.open() as store:
        move_contacts(login, groups.on(login), export, groups.act(store))


def _dissolve(groups: Groups) -> None:
    groups.issue("export")
    _knows(groups.application, groups.product.id)
    groups.pipeline.send(*contacts_about_export(7))
    groups.pipeline.consolidate()


@pytest.mark.parametrize("do", [_merge, _merge_and_undo, _empty, _dissolve])
def test_what_others_change_is_taken_in(
    groups: Groups, other: Groups, do: Callable[[Groups], None]
) -> None:
    _knows(other.application, groups.product.id)
    do(groups)
    known = _knows(other.application, groups.product.id)
    assert known == set(groups.centroids()) == _knows(groups.application, groups.product.id)
    other.pipeline.send(a_contact(_export(99), external_id="late", minutes=99))
    _knows(groups.application, groups.product.id)
    assert groups.broken_promises() == []


def test_the_state_of_an_issue_is_read_anew(groups: Groups, other: Groups) -> None:
    export = groups.issue("export")
    _knows(groups.application, groups.product.id)
    with other.application.open() as store:
        cause = Cause(MIA, groups.pipeline.clock.moment, "", "test")
        move_issue(export, IssueState.CONFIRMED, store=store, cause=cause)
    with groups.application.open() as store:
        found = groups.application.context.living(groups.product.id).one(export.id, store)
    assert found.state is IssueState.CONFIRMED


def test_issues_of_another_product_are_unknown(groups: Groups) -> None:
    export = groups.issue("export")
    with groups.application.open() as store:
        second = store.products.add("second", "Second")
    with groups.application.open() as store:
        contact = a_contact(_export(1), external_id="elsewhere", minutes=50)
        placed = ingest(contact, second, store=store, context=groups.application.context)
    groups.pipeline.queue.drain(groups.pipeline.clock.moment)
    assert _knows(groups.application, second.id) == set()
    assert _knows(groups.application, groups.product.id) == {export.id}
    assert placed.contact_id not in groups.on(export)


def test_an_issue_deleted_by_hand_is_forgotten_at_the_next_try(groups: Groups) -> None:
    export = groups.issue("export")
    _knows(groups.application, groups.product.id)
    with groups.application.engine.begin() as connection:
        connection.execute(text("DELETE FROM centroid"))
    contact = a_contact(_export(55), external_id="late", minutes=99)
    with pytest.raises(TryAgainLater):
        groups.pipeline.send(contact)
    assert _knows(groups.application, groups.product.id) == set()
    assign(groups.application.context, product_id=groups.product.id)
    assert len(groups.on(export)) == 4


def test_a_look_at_the_finder_does_not_number_a_change(groups: Groups) -> None:
    """Or else every hourly consolidation would make each process read all candidates again."""
    export = groups.issue("export")
    with groups.application.engine.begin() as connection:
        before = connection.execute(text("SELECT changed FROM centroid")).scalar_one()
        connection.execute(text("UPDATE centroid SET new_issue = 1"))
        assert connection.execute(text("SELECT changed FROM centroid")).scalar_one() == before
        connection.execute(text("UPDATE centroid SET size = size"))
        assert connection.execute(text("SELECT changed FROM centroid")).scalar_one() > before
    assert export.id in _knows(groups.application, groups.product.id)
