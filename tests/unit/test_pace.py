"""Calls go out at the agreed pace, and a limit holds up only what it is about."""

import threading

import pytest

from bridge.domain.errors import SignInRefused, TryAgainLater
from integrations.pace import Call, RateLimited, RateLimiter, Reach

CALL = Call("PUT issue/{}", "10042", is_write=True)


class _Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept = 0.0

    def tell(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


def test_calls_beyond_the_burst_wait_for_their_turn() -> None:
    clock = _Clock()
    limiter = RateLimiter(5, clock=clock.tell, sleep=clock.sleep)
    for _ in range(5):
        limiter.wait(CALL)
    assert clock.slept == pytest.approx(0)
    for _ in range(10):
        limiter.wait(CALL)
    assert clock.slept == pytest.approx(2.0)


def test_an_idle_limiter_saves_up_no_more_than_one_second() -> None:
    clock = _Clock()
    limiter = RateLimiter(2, clock=clock.tell, sleep=clock.sleep)
    limiter.wait(CALL)
    clock.now += 3600
    for _ in range(4):
        limiter.wait(CALL)
    assert clock.slept == pytest.approx(1.0)


def test_threads_share_one_pace() -> None:
    waits: list[float] = []
    limiter = RateLimiter(10, clock=lambda: 0.0, sleep=waits.append)
    threads = [threading.Thread(target=limiter.wait, args=(CALL,)) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == pytest.approx([0.1 * turn for turn in range(1, 21)])


@pytest.mark.parametrize(
    ("reach", "held"),
    [(Reach.ENDPOINT, (0, 2)), (Reach.ITEM, (0, 1)), (Reach.CONNECTION, (0, 1, 2, 3))],
)
def test_a_limit_holds_up_what_it_is_about_and_nothing_else(
    reach: Reach, held: tuple[int, ...]
) -> None:
    calls = [
        CALL,
        Call("POST issue/{}/comment", "10042", is_write=True),
        Call("PUT issue/{}", "10043", is_write=True),
        Call("POST search/jql"),
    ]
    for place, call in enumerate(calls):
        clock = _Clock()
        limiter = RateLimiter(5, clock=clock.tell, sleep=clock.sleep)
        limiter.refused(CALL, RateLimited("slow down", reach=reach, retry_after_seconds=7))
        limiter.wait(call)
        assert clock.slept == pytest.approx(7 if place in held else 0)
        limiter.wait(call)
        assert clock.slept == pytest.approx(7 if place in held else 0)


def test_a_long_rest_is_left_to_the_job() -> None:
    clock = _Clock()
    limiter = RateLimiter(5, clock=clock.tell, sleep=clock.sleep)
    limiter.refused(CALL, RateLimited("quota", reach=Reach.CONNECTION, retry_after_seconds=600))
    with pytest.raises(TryAgainLater) as caught:
        limiter.wait(Call("POST search/jql"))
    assert caught.value.retry_after_seconds == pytest.approx(600)
    assert clock.slept == 0


def test_a_person_who_mends_the_sign_in_is_not_held_up() -> None:
    clock = _Clock()
    limiter = RateLimiter(5, clock=clock.tell, sleep=clock.sleep)
    limiter.refused(CALL, SignInRefused("no", retry_after_seconds=600))
    limiter.wait(CALL)
    assert clock.slept == 0
