"""The schema: from nothing, from each released version, and as the tables say."""

import secrets
from collections.abc import Iterator

import psycopg
import pytest
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
