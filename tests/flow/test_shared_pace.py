"""One call budget per connection: all workers share it, and a refusal holds up what it is about."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from bridge.domain.errors import SignInRefused, TryAgainLater
from bridge.domain.products import Product
from bridge.wiring import Application, build
from bridge.wiring.pace import SharedPace
from integrations.jira.client import JiraClient
from integrations.jira.settings import JiraSettings
from integrations.jira.tracker import JiraTracker
from integrations.pace import Call, RateLimited, Reach
from tests.scripted_http import ScriptedHttp, reply

SEARCH = Call("POST search/jql")
READ = Call("GET issue/{}", "10042")
EDIT = Call("PUT issue/{}", "10042", is_write=True)
LINK = Call("POST issue/{}/remotelink", "10042", is_write=True)
OTHER = Call("PUT issue/{}", "10043", is_write=True)
ALL = (SEARCH, READ, EDIT, LINK, OTHER)


@pytest.fixture
def connection_id(application: Application, product: Product) -> int:
    """A connection without anything behind it."""
    with application.open() as store:
        made = store.connections.save(product.id, "jira", name="jira", config={}, sealed=b"")
    return made.id


@pytest.fixture
def another(application: Application) -> Iterator[Application]:
    """A second process on the same database, as far as the database can tell."""
    built = build(application.settings, queue=application.queue)
    yield built
    built.close()


class Worker:
    """A worker's pace that notes how long it slept instead of sleeping long."""

    def __init__(self, application: Application, connection_id: int, rate: float = 1000) -> None:
        self.slept = 0.0
        self.pace = SharedPace(
            connection_id,
            rate,
            open_store=application.open,
            now=application.context.now,
            sleep=self._sleep,
        )

    def _sleep(self, seconds: float) -> None:
        self.slept += seconds
        time.sleep(min(seconds, 3))

    def waits(self, call: Call) -> float:
        """How long a call waits; a number of seconds it should come back after, if too long."""
        before = self.slept
        try:
            self.pace.wait(call)
        except TryAgainLater as error:
            return error.retry_after_seconds or 0.0
        return self.slept - before


def test_many_threads_of_two_workers_keep_one_rate(
    application: Application, another: Application, connection_id: int
) -> None:
    """Two budgets would let twice as many pass: 16 in 1.4 s, 11 in a second."""
    sent: list[float] = []

    def work(pace: SharedPace) -> None:
        for _ in range(4):
            pace.wait(SEARCH)
            sent.append(time.monotonic())

    paces = [Worker(one, connection_id, 5).pace for one in (application, another) for _ in "ab"]
    threads = [threading.Thread(target=work, args=(pace,)) for pace in paces]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent.sort()
    assert len(sent) == 16
    # A busy machine notes a call up to some tenths of a second after it was let through.
    assert sent[-1] - sent[0] >= 15 / 5 - 0.5
    within = [sum(start <= one < start + 1 for one in sent) for start in sent]
    assert max(within) <= 6 + 2


def test_who_wakes_up_late_does_not_crowd_the_next_one(
    application: Application, connection_id: int
) -> None:
    class Sleepy(Worker):
        naps = 0

        def _sleep(self, seconds: float) -> None:
            self.naps += 1
            super()._sleep(seconds + (2 if self.naps == 1 else 0))

    sleepy, other = (kind(application, connection_id, rate=1) for kind in (Sleepy, Worker))
    sent = []
    for worker in (other, sleepy, other):
        worker.pace.wait(SEARCH)
        sent.append(time.monotonic())
    # Without another slot for the sleepy one, the next call comes at once.
    assert sent[2] - sent[1] >= 0.3


def test_no_transaction_is_open_while_a_call_waits(
    application: Application, connection_id: int
) -> None:
    open_ones: list[int] = []

    def look(seconds: float) -> None:
        with psycopg.connect(application.conninfo) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
            ).fetchone()
            assert row is not None
            open_ones.append(row[0])

    pace = SharedPace(
        connection_id, 2, open_store=application.open, now=application.context.now, sleep=look
    )
    pace.wait(SEARCH)
    pace.wait(SEARCH)
    assert set(open_ones) == {0}


def test_changes_of_one_ticket_keep_a_second_between_them(
    application: Application, another: Application, connection_id: int
) -> None:
    one, two = Worker(application, connection_id), Worker(another, connection_id)
    assert one.waits(EDIT) < 0.1
    assert two.waits(OTHER) < 0.1
    assert 0.5 < two.waits(LINK) <= 1.01
    assert one.waits(READ) < 0.1
    assert 0.5 < one.waits(LINK) <= 1.01


@pytest.mark.parametrize(
    ("reach", "held"),
    [
        (Reach.ENDPOINT, {EDIT, OTHER}),
        (Reach.ITEM, {READ, EDIT, LINK}),
        (Reach.CONNECTION, set(ALL)),
    ],
)
def test_a_limit_holds_up_every_worker_and_only_what_it_is_about(
    application: Application,
    another: Application,
    connection_id: int,
    reach: Reach,
    held: set[Call],
) -> None:
    error = RateLimited("slow down", reach=reach, retry_after_seconds=300)
    Worker(application, connection_id).pace.refused(EDIT, error)
    far = Worker(another, connection_id)
    assert {call for call in (SEARCH, READ, LINK, EDIT, OTHER) if far.waits(call) > 100} == held
    with application.open() as store:
        connection = store.connections.get(connection_id)
    paused = connection.paused_until
    assert (paused is not None) is (reach is Reach.CONNECTION)
    if paused is not None:
        assert paused - application.context.now() == timedelta(seconds=300)
        assert connection.trouble == "slow down"


def test_while_our_account_is_refused_one_call_a_minute_tries(
    application: Application, another: Application, connection_id: int
) -> None:
    one, two = Worker(application, connection_id), Worker(another, connection_id)
    one.pace.refused(SEARCH, SignInRefused("no such token"))
    for worker in (one, two):
        for call in ALL:
            with pytest.raises(SignInRefused) as caught:
                worker.pace.wait(call)
            assert 50 < (caught.value.retry_after_seconds or 0) <= 60
    later(application, seconds=61)
    two.pace.wait(READ)
    for worker in (one, two):
        with pytest.raises(SignInRefused):
            worker.pace.wait(SEARCH)
    later(application, seconds=61)
    one.pace.wait(SEARCH)
    one.pace.answered()
    for worker in (one, two):
        worker.pace.wait(SEARCH)
    with application.open() as store:
        assert store.connections.get(connection_id).trouble is None


def test_a_clock_that_was_set_back_holds_nothing_up(
    application: Application, connection_id: int
) -> None:
    worker = Worker(application, connection_id)
    worker.pace.refused(EDIT, SignInRefused("no"))
    for reach in Reach:
        error = RateLimited("slow down", reach=reach, retry_after_seconds=30)
        worker.pace.refused(EDIT, error)
    worker.pace.answered()
    later(application, seconds=-10 * 86_400)
    assert worker.waits(EDIT) < 0.1


def test_limits_that_are_long_over_are_forgotten(
    application: Application, connection_id: int
) -> None:
    worker = Worker(application, connection_id)
    worker.pace.wait(EDIT)
    later(application, seconds=2 * 86_400)
    application.jobs()["expire"]()
    with psycopg.connect(application.conninfo) as connection:
        assert connection.execute("SELECT count(*) FROM pace").fetchone() == (0,)


def test_a_refused_token_is_tried_once_and_then_left_alone(
    application: Application, another: Application, connection_id: int
) -> None:
    server = ScriptedHttp([reply(401, {}), reply(401, {}), reply(200, []), reply(200, [])])
    settings = JiraSettings(
        url=f"http://127.0.0.1:{server.port}",
        user="bridge@example.com",
        token="old-token",
        project="FB",
        issue_type="10001",
        allow_private=True,
    )
    clients = [
        JiraClient(settings, pace=Worker(one, connection_id).pace) for one in (application, another)
    ]
    try:
        for sent in (1, 2):
            for client in clients * 3:
                with pytest.raises(SignInRefused):
                    client.versions("FB")
            assert len(server.requests) == sent
            later(application, seconds=61)
        for client in clients:
            assert client.versions("FB") == []
        assert len(server.requests) == 4
    finally:
        for client in clients:
            client.close()
        server.close()


def test_a_quota_stops_every_worker_and_a_burst_only_its_endpoint(
    application: Application, another: Application, connection_id: int
) -> None:
    answers = [
        reply(429, {}, "Retry-After: 90", "RateLimit-Reason: jira-burst-based"),
        reply(200, {"issues": []}),
        reply(429, {}, "Retry-After: 90", "RateLimit-Reason: jira-quota-global-based"),
    ]
    server = ScriptedHttp(answers)
    settings = JiraSettings(
        url=f"http://127.0.0.1:{server.port}",
        user="bridge@example.com",
        token="token",
        project="FB",
        issue_type="10001",
        allow_private=True,
    )
    one, two = (
        JiraTracker(settings, client=JiraClient(settings, pace=Worker(app, connection_id).pace))
        for app in (application, another)
    )
    try:
        with pytest.raises(TryAgainLater):
            one.versions()
        with pytest.raises(TryAgainLater):
            two.versions()
        assert two.find("shop/1/1") == []
        assert len(server.requests) == 2
        with pytest.raises(TryAgainLater):
            one.find("shop/1/1")
        for tracker in (one, two):
            with pytest.raises(TryAgainLater):
                tracker.read(["10042"])
        assert len(server.requests) == 3
    finally:
        one.close()
        two.close()
        server.close()


def later(application: Application, *, seconds: float) -> None:
    """Let so much time pass for everything that is held up."""
    with psycopg.connect(application.conninfo, autocommit=True) as connection:
        connection.execute(
            "UPDATE pace SET free_at = free_at - make_interval(secs => %s)", [seconds]
        )
