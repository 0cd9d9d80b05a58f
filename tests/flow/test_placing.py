"""A placed contact takes two trips to the database, and what they write is what was meant."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from bridge.domain.errors import TryAgainLater
from bridge.steps.assign import assign
from bridge.steps.ingest import ingest
from bridge.store.arrays import sent_halves, sent_singles
from bridge.store.trips import Statement, one_trip
from bridge.store.vectors import floats, halves, rows_of_halves
from models.matching import find_center
from tests.builders import a_contact
from tests.conftest import Pipeline
from tests.groups_bench import TEXTS, Groups

READS = 3  # the product with its lock, what waits, what has changed
WRITES = 4  # the vector, the assignment, the grown issue, the contact
_Cursor: TypeAlias = psycopg.Cursor[Any]
_ALONE = "Where do I find the opening hours of your office in Lisbon?"
_NUMBER = Statement(text("SELECT CAST(:number AS int)"))
_DIVIDE = Statement(text("SELECT 1 / CAST(:number AS int)"))


class Counted:
    """The statements that go to the database, and how often it is waited for."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.trips = 0
        self._in_trip = False

    def saw(self, statement: object) -> None:
        """One more statement."""
        self.statements.append(" ".join(str(statement).split()))
        self.trips += not self._in_trip

    def enter(self) -> None:
        """Statements go together from here on."""
        self._in_trip = True
        self.trips += 1

    def leave(self) -> None:
        """Until here."""
        self._in_trip = False


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    """Counts what the driver is asked, whoever asks."""
    seen = Counted()
    execute, many = psycopg.Cursor.execute, psycopg.Cursor.executemany
    enter, leave = psycopg.Pipeline.__enter__, psycopg.Pipeline.__exit__

    def counts_one(self: _Cursor, query: Any, *args: Any, **keywords: Any) -> _Cursor:
        seen.saw(query)
        return execute(self, query, *args, **keywords)

    def counts_many(self: _Cursor, query: Any, rows: Iterable[Any], **keywords: Any) -> None:
        rows = list(rows)
        for _ in rows:
            seen.saw(query)
        many(self, query, rows, **keywords)

    def enters(self: psycopg.Pipeline) -> psycopg.Pipeline:
        seen.enter()
        return enter(self)

    def leaves(self: psycopg.Pipeline, *args: Any) -> None:
        seen.leave()
        leave(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", counts_one)
        patch.setattr(psycopg.Cursor, "executemany", counts_many)
        patch.setattr(psycopg.Pipeline, "__enter__", enters)
        patch.setattr(psycopg.Pipeline, "__exit__", leaves)
        yield seen


@pytest.fixture
def settled(pipeline: Pipeline) -> Groups:
    """A product with an issue whose centre no further contact changes."""
    context = pipeline.application.context
    pipeline.rewire(replace(context, finder=replace(context.finder, center_contacts=4)))
    groups = Groups(pipeline)
    groups.issue("export")
    pipeline.send(a_contact(TEXTS["login"].format(n=1), external_id="warm", minutes=30))
    return groups


def _waiting(groups: Groups, *texts: str) -> None:
    with groups.application.open() as store:
        for number, said in enumerate(texts):
            contact = a_contact(said, external_id=f"new-{number}", minutes=40 + number)
            ingest(contact, groups.product, store=store, context=groups.application.context)


def test_a_contact_that_joins_an_issue_takes_two_trips(settled: Groups, counted: Counted) -> None:
    context = settled.application.context
    assert context.knows_center(settled.product.id)
    _waiting(settled, TEXTS["export"].format(n=77))
    counted.statements, counted.trips = [], 0
    assign(context, product_id=settled.product.id)
    assert len(counted.statements) == READS + WRITES, "\n".join(counted.statements)
    assert counted.trips == 2
    (export,) = settled.centroids()
    assert settled.centroids()[export][0] == 5


def test_a_contact_that_is_left_alone_takes_two_trips(settled: Groups, counted: Counted) -> None:
    _waiting(settled, _ALONE)
    counted.statements, counted.trips = [], 0
    assign(settled.application.context, product_id=settled.product.id)
    # The vector, the contact, and who else is alone: it may be a burst.
    assert len(counted.statements) == READS + 3, "\n".join(counted.statements)
    assert counted.trips == 2


def test_a_batch_takes_as_many_trips_as_one_contact(settled: Groups, counted: Counted) -> None:
    joining = [TEXTS["export"].format(n=100 + number) for number in range(5)]
    _waiting(settled, *joining)
    counted.statements, counted.trips = [], 0
    assign(settled.application.context, product_id=settled.product.id)
    assert counted.trips == 2
    # The issue grows once for all five.
    assert len(counted.statements) == READS + 5 * (WRITES - 1) + 1
    (size,) = [size for size, _ in settled.centroids().values()]
    assert size == 9


def test_an_issue_grows_by_the_vectors_of_what_joins_it(settled: Groups) -> None:
    _waiting(settled, *(TEXTS["export"].format(n=200 + number) for number in range(3)))
    encoder, product_id = settled.application.context.encoder().name, settled.product.id
    assign(settled.application.context, product_id=product_id)
    with settled.application.open() as store:
        (grown,) = store.vectors.centroids(product_id, encoder)
        store.vectors.recount(product_id, [grown.issue_id])
        (counted,) = store.vectors.centroids(product_id, encoder)
        assert store.invariants.violations(now=settled.pipeline.clock.moment) == []
    assert grown.size == counted.size == 7
    assert grown.total.tolist() == pytest.approx(counted.total.tolist(), abs=2e-3)


def test_the_first_contacts_of_a_product_have_a_say_in_its_centre(pipeline: Pipeline) -> None:
    groups = Groups(pipeline)
    _waiting(groups, *(TEXTS[topic].format(n=1) for topic in ("export", "login", "invoice")))
    context, product_id = pipeline.application.context, pipeline.product.id
    assign(context, product_id=product_id)
    assert not context.knows_center(product_id)
    with pipeline.application.open() as store:
        stored = store.vectors.first(product_id, context.encoder().name, limit=10)
        center = context.center(store, product_id)
    expected = find_center(np.array(stored), settings=context.finder)
    assert len(stored) == 3
    assert np.array_equal(center, expected)


def test_an_issue_that_a_person_merged_away_is_not_grown(settled: Groups) -> None:
    (export,) = settled.centroids()
    with settled.application.engine.begin() as connection:
        # By hand, so that no change is numbered.
        connection.execute(text("UPDATE issue SET merged_into = id"))
    _waiting(settled, TEXTS["export"].format(n=300))
    with pytest.raises(TryAgainLater, match="all issues are read again"):
        assign(settled.application.context, product_id=settled.product.id)
    with settled.application.engine.connect() as connection:
        left = connection.execute(text("SELECT size FROM centroid")).scalars().all()
        waiting = connection.execute(
            text("SELECT count(*) FROM contact WHERE placed_at IS NULL")
        ).scalar_one()
    assert (left, waiting) == ([4], 1), "nothing is written of a contact that could not be placed"
    assign(settled.application.context, product_id=settled.product.id)
    assert export not in set(settled.application.context.living(settled.product.id).issues)


def test_the_first_failure_of_a_trip_is_raised_and_ends_it(pipeline: Pipeline) -> None:
    with Session(pipeline.application.engine) as session:
        with pytest.raises(psycopg.errors.DivisionByZero):
            _fail_at_the_first(session)
        session.rollback()
        with one_trip(session) as trip:
            answers = [trip.send(_NUMBER, {"number": number}) for number in (1, 2)]
        assert [answer.fetchall()[0][0] for answer in answers] == [1, 2]


def _fail_at_the_first(session: Session) -> None:
    with one_trip(session) as trip:
        trip.send(_DIVIDE, {"number": 0})
        trip.send(_NUMBER, {"number": 1})


def test_who_waits_too_long_for_the_lock_tries_again_later(pipeline: Pipeline) -> None:
    product_id, encoder = pipeline.product.id, pipeline.application.context.encoder().name
    with pipeline.application.open() as holder:
        holder.products.lock_grouping(product_id)
        with pytest.raises(TryAgainLater):
            _lock_soon(pipeline)
    with pipeline.application.open() as store:
        assert store.waiting.take(product_id, encoder, limit=5) == []


def _lock_soon(pipeline: Pipeline) -> None:
    with pipeline.application.open() as store:
        store.driver_connection.execute("SET LOCAL lock_timeout = '50ms'")
        store.products.lock_grouping(pipeline.product.id)


def test_a_connection_that_is_lost_in_a_trip_is_tried_again(settled: Groups) -> None:
    _waiting(settled, TEXTS["export"].format(n=400))
    context = settled.application.context
    with pytest.raises(TryAgainLater):
        _lose_the_connection(settled)
    assign(context, product_id=settled.product.id)
    ((size, _),) = settled.centroids().values()
    assert size == 5


def _lose_the_connection(groups: Groups) -> None:
    with groups.application.open() as store:
        own = store.driver_connection.info.backend_pid
        with groups.application.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": own})
        store.products.lock_grouping(groups.product.id)


@pytest.mark.parametrize("dimensions", [1, 3, 384])
def test_vectors_arrive_as_they_were_sent(pipeline: Pipeline, dimensions: int) -> None:
    rows = np.random.default_rng(0).normal(size=(4, dimensions)).astype(np.float32)
    rows[0] *= 1e-6
    rows[1, 0] = 0
    back = Statement(
        text("SELECT vector_send(CAST(:single AS vector)), halfvec_send(CAST(:half AS halfvec))")
    )
    with Session(pipeline.application.engine) as session:
        with one_trip(session) as trip:
            answers = [
                trip.send(back, {"single": sent_singles(row), "half": sent_halves(row)})
                for row in rows
            ]
        sent = [answer.fetchall()[0] for answer in answers]
    for row, (single, half) in zip(rows, sent, strict=True):
        assert np.array_equal(floats(single), row)
        assert np.array_equal(halves(half), row.astype(np.float16).astype(np.float32))
    together = rows_of_halves([half for _, half in sent])
    assert np.array_equal(together, rows.astype(np.float16).astype(np.float32))
