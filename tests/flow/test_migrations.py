"""The schema: from nothing, from each released version, and as the tables say."""

import secrets
from collections.abc import Iterator

import psycopg
import pytest
from alembic import command
from sqlalchemy import Engine, text

from bridge.store import make_engine, migrate
from tests.conftest import database_of


@pytest.fixture
def empty(server: str) -> Iterator[Engine]:
    """A database with nothing in it."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server, dbname="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        engine = make_engine(database_of(server, name))
        yield engine
        engine.dispose()
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_an_empty_database_becomes_current_and_like_the_tables(empty: Engine) -> None:
    migrate.upgrade(empty)
    migrate.upgrade(empty)
    assert migrate.is_current(empty)
    migrate.check(empty)


def test_a_database_of_the_first_schema_keeps_its_rows(empty: Engine) -> None:
    migrate.upgrade(empty, to="0001")
    assert not migrate.is_current(empty)
    with empty.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO issue (product_id, number, state, title, key_terms, episode, version,"
                " created_at) VALUES (1, 7, 'candidate', 'Export', '{}', 1, 1, now())"
            )
        )
    migrate.upgrade(empty)
    migrate.check(empty)
    with empty.begin() as connection:
        kept = connection.execute(text("SELECT number, title, suggested_title FROM issue")).all()
    assert [tuple(row) for row in kept] == [(7, "Export", None)]


def test_centroids_of_an_earlier_schema_get_a_number_each_and_changes_a_higher_one(
    empty: Engine,
) -> None:
    migrate.upgrade(empty, to="0003")
    with empty.begin() as connection:
        connection.execute(text(_THREE_CENTROIDS))
    migrate.upgrade(empty)
    migrate.check(empty)
    with empty.begin() as connection:
        first = connection.scalars(text("SELECT changed FROM centroid ORDER BY changed")).all()
        connection.execute(text("UPDATE centroid SET size = 4 WHERE size = 3"))
        last = connection.scalars(text("SELECT changed FROM centroid ORDER BY changed")).all()
    assert len(set(first)) == len(first) == 3
    assert len(set(last) - set(first)) == 1
    assert last[-1] > first[-1]
    with empty.begin() as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
    with empty.begin() as connection:
        kept = connection.scalars(text("SELECT size FROM centroid ORDER BY size")).all()
    assert kept == [1, 2, 4]
    migrate.upgrade(empty)
    migrate.check(empty)


_THREE_CENTROIDS = """
WITH made AS (
    INSERT INTO issue (product_id, number, state, title, key_terms, episode, version, created_at)
    SELECT 1, n, 'candidate', 'Export', '{}', 1, 1, now() FROM generate_series(1, 3) AS n
    RETURNING id, number
)
INSERT INTO centroid (issue_id, encoder, product_id, total, size)
SELECT id, 'some', 1, '[1,2]', number FROM made
"""
