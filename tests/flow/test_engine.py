"""What every connection to the database promises."""

from datetime import timedelta

from sqlalchemy import text

from tests.conftest import Pipeline


def test_who_stands_still_inside_a_block_does_not_hold_its_locks_for_ever(
    pipeline: Pipeline,
) -> None:
    query = "SELECT current_setting('idle_in_transaction_session_timeout')::interval"
    with pipeline.application.engine.connect() as connection:
        assert connection.scalar(text(query)) == timedelta(minutes=15)
