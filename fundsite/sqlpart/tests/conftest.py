"""A database of these tests' own, on the server of all the others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from django.db import connections
from psycopg2.extensions import connection as Session

from fundsite.sqlpart import environment, sessions
from fundsite.sqlpart.tests.worlds import state


def _maintain(*statements: str) -> None:
    server = psycopg2.connect(**{**connections["default"].get_connection_params(), "dbname": "postgres"})
    server.autocommit = True
    with server.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    server.close()


def fresh_database(name: str) -> Iterator[dict[str, str]]:
    """Where it is, in PostgreSQL's own variables."""
    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    # What a test commits need not survive a power cut.
    _maintain(drop, f'CREATE DATABASE "{name}"', f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    server = connections["default"].get_connection_params()
    known = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password"}
    found = {variable: str(server[key]) for variable, key in known.items() if server.get(key)}
    yield {**found, "PGDATABASE": name}
    _maintain(drop)


def _name(suffix: str) -> str:
    base = connections["default"].settings_dict["NAME"].removeprefix("test_")
    return f"{base[:30]}_sql_{suffix}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


@pytest.fixture(scope="session")
def scratch() -> Iterator[dict[str, str]]:
    yield from fresh_database(_name("one"))


@pytest.fixture(scope="session")
def other_database() -> Iterator[dict[str, str]]:
    """A second one, in which nothing has ever been."""
    yield from fresh_database(_name("two"))


@pytest.fixture
def database(scratch: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """Empty, and what every command of the test talks to."""
    for name in environment.PG_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in scratch.items():
        monkeypatch.setenv(name, value)
    with sessions.connected() as session, session.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS btg, btg_undo, elsewhere CASCADE")
    return scratch


@pytest.fixture
def session(database: dict[str, str]) -> Iterator[Session]:
    with sessions.connected() as one:
        yield one


@pytest.fixture
def unchanged(session: Session) -> Iterator[None]:
    """The test begins with the seed and must leave everything as it was: structure, rows, sequences, what is kept."""
    before = state(session)
    yield
    assert state(session) == before
