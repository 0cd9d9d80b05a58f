"""When a message goes out: at once, with the day's digest, or after quiet hours."""

from datetime import UTC, datetime

import pytest

from bridge.domain.errors import InvalidInput
from bridge.domain.messages import Preferences, timing_of, wait_after

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def at(day: int, hour: int, minute: int = 0, *, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wanted", "now", "due"),
    [
        (Preferences(), NOON, NOON),
        (Preferences(digest_hour=9), NOON, at(3, 9)),
        (Preferences(digest_hour=13), NOON, at(2, 13)),
        (Preferences(digest_hour=12), NOON, at(3, 12)),
        (Preferences(quiet_from=19, quiet_until=8), NOON, NOON),
        (Preferences(quiet_from=19, quiet_until=8), at(2, 19), at(3, 8)),
        (Preferences(quiet_from=19, quiet_until=8), at(2, 7, 59), at(2, 8)),
        (Preferences(quiet_from=19, quiet_until=8), at(2, 8), at(2, 8)),
        (Preferences(quiet_from=11, quiet_until=14), NOON, at(2, 14)),
        (Preferences(digest_hour=6, quiet_from=19, quiet_until=8), NOON, at(3, 8)),
        (Preferences(digest_hour=9, zone="Asia/Kolkata"), NOON, at(3, 3, 30)),
        # The clocks in Berlin leave out two o'clock on 29 March and show it twice on 25 October.
        (Preferences(digest_hour=2, zone="Europe/Berlin"), at(28, 20), at(29, 1)),
        (Preferences(digest_hour=9, zone="Europe/Berlin"), at(28, 9), at(29, 7)),
        (
            Preferences(digest_hour=2, zone="Europe/Berlin"),
            at(25, 0, 30, month=10),
            at(26, 1, month=10),
        ),
    ],
)
def test_the_moment_is_that_of_the_readers_clock(
    wanted: Preferences, now: datetime, due: datetime
) -> None:
    assert timing_of(wanted, now, is_urgent=False).due_at == due


def test_what_is_urgent_skips_the_digest_and_not_the_quiet_hours() -> None:
    wanted = Preferences(digest_hour=9, quiet_from=19, quiet_until=8)
    assert timing_of(wanted, NOON, is_urgent=True).due_at == NOON
    assert timing_of(wanted, at(2, 20), is_urgent=True).due_at == at(3, 8)


@pytest.mark.parametrize(
    "given",
    [
        {"digest_hour": 24},
        {"quiet_from": 8},
        {"quiet_from": 8, "quiet_until": 8},
        {"zone": "Middle/Earth"},
        {"zone": "../../etc/passwd"},
        {"zone": ""},
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        Preferences(**given)  # type: ignore[arg-type]


def test_ten_tries_in_about_three_days_each_a_little_late() -> None:
    waits = [wait_after(tries, "m1") for tries in range(1, 11)]
    assert waits[-1] is None
    base = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    for wait, seconds in zip(waits, base, strict=False):
        assert wait is not None
        assert seconds <= wait.total_seconds() <= 1.2 * seconds
    assert wait_after(2, "m1") == wait_after(2, "m1") != wait_after(2, "m2")
