"""The two readings of the query, on the seed and on any world."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg2
import pytest
from django.core.management import CommandError
from hypothesis import example, given, settings
from hypothesis import strategies as st
from psycopg2.extensions import connection as Session
from psycopg2.extras import execute_values

from fundsite.sqlpart import runner, script
from fundsite.sqlpart.runner import Result
from fundsite.sqlpart.tests.worlds import SQL, connect, do, rows, run_sql, state

PEOPLE = [("Ana", "Gómez"), ("Ana", "Gómez"), ("Beto", "Ruiz"), ("Zoé", "Gómez")]
PLACES, PRODUCTS = range(1, 5), range(1, 5)
QUERY = script.read(SQL / "03_query.sql")


def pairs(left: range, right: range) -> st.SearchStrategy[set[tuple[int, int]]]:
    return st.sets(st.tuples(st.sampled_from(left), st.sampled_from(right)), max_size=len(left) * len(right))


worlds = st.fixed_dictionaries(
    {
        "offers": pairs(PLACES, PRODUCTS),
        "enrolled": pairs(PRODUCTS, range(1, 5)),
        "visits": st.sets(
            st.tuples(st.sampled_from(PLACES), st.integers(1, 4), st.sampled_from(["2026-01-01", "2026-02-01"]))
        ),
    }
)


def expected(world: dict[str, set[tuple[object, ...]]], reading: str) -> list[tuple[str, str]]:
    """By the definition, in so many words."""
    found = []
    for client, name in enumerate(PEOPLE, start=1):
        visited = {place for place, visitor, _day in world["visits"] if visitor == client}
        for product, enrolled in world["enrolled"]:
            offering = {place for place, offered in world["offers"] if offered == product}
            only_there = offering <= visited if reading == "exclusive" else visited <= offering
            if enrolled == client and offering and visited and only_there:
                found.append(name)
                break
    return sorted(found, key=lambda name: (name[1], name[0]))


def answer(session: Session, reading: str | None = None) -> list[tuple[object, ...]]:
    (result,) = (one for one in runner.run(session, QUERY, reading=reading).shown if isinstance(one, Result))
    assert result.columns == ("nombre", "apellidos")
    return result.rows


def by_bytes(name: tuple[str, str]) -> tuple[str, str]:
    return name[1], name[0]


@pytest.fixture(scope="module")
def empty_world(scratch: dict[str, str]) -> Iterator[Session]:
    """The tables with four clients, branches and products; each world is written into it and taken back."""
    with connect(scratch) as session:
        do(session, "DROP SCHEMA IF EXISTS btg CASCADE")
        runner.run(session, script.read(SQL / "00_schema.sql") + script.read(SQL / "01_tables.sql"), keep=False)
        do(session, "INSERT INTO btg.sucursal (nombre, ciudad) SELECT 'Centro', 'Cali' FROM generate_series(1, 4)")
        do(session, "INSERT INTO btg.producto (nombre, tipo_producto) SELECT 'Uno', 'FIC' FROM generate_series(1, 4)")
        with session.cursor() as cursor:
            execute_values(
                cursor,
                "INSERT INTO btg.cliente (nombre, apellidos, ciudad) VALUES %s",
                [(*one, "Cali") for one in PEOPLE],
            )
        yield session


ONCE = {"offers": {(1, 1)}, "enrolled": {(1, 1)}, "visits": {(1, 1, "2026-01-01")}}


@settings(max_examples=200, deadline=None)
@given(world=worlds)
@example(world=ONCE)
@example(world={**ONCE, "offers": set()})  # offered nowhere
@example(world={**ONCE, "visits": set()})  # visits nothing
@example(world={**ONCE, "visits": {(1, 1, "2026-01-01"), (1, 1, "2026-02-01"), (2, 1, "2026-01-01")}})
@example(world={**ONCE, "enrolled": {(1, 1), (2, 1), (1, 2)}, "visits": {(1, 1, "2026-01-01"), (1, 2, "2026-01-01")}})
def test_both_readings_hold_in_any_world(world: dict[str, set[tuple[object, ...]]], empty_world: Session) -> None:
    do(empty_world, "BEGIN")
    try:
        with empty_world.cursor() as cursor:
            for table, key in (("disponibilidad", "offers"), ("inscripcion", "enrolled"), ("visitan", "visits")):
                if world[key]:
                    execute_values(cursor, f"INSERT INTO btg.{table} VALUES %s", sorted(world[key]))
        for reading in ("coverage", "exclusive"):
            (found,) = (
                one.rows for one in runner.execute(empty_world, QUERY, reading=reading) if isinstance(one, Result)
            )
            assert sorted(found, key=by_bytes) == expected(world, reading), reading  # type: ignore[arg-type]
    finally:
        do(empty_world, "ROLLBACK")


def test_the_seed_tells_the_readings_apart(session: Session) -> None:
    assert run_sql("--csv") == "nombre,apellidos\nAna,Gómez Ríos\nHugo,Niño Arias\nCarla,Núñez D'Silva\n"
    covered = "nombre,apellidos\nHugo,Niño Arias\nCarla,Núñez D'Silva\nBeto,Ruiz Peña\n"
    assert run_sql("--csv", "--reading", "coverage", "03_query.sql") == covered
    assert run_sql("--csv", "--reading", "exclusive", "03_query.sql") == run_sql("--csv", "03_query.sql")


def test_the_setting_chooses_in_any_client_and_the_option_wins(session: Session) -> None:
    run_sql()
    exclusive, coverage = answer(session, "exclusive"), answer(session, "coverage")
    assert exclusive != coverage
    assert answer(session) == exclusive
    do(session, "SET btg.reading = 'coverage'")
    assert answer(session) == coverage
    assert answer(session, "exclusive") == exclusive
    do(session, "SET btg.reading = 'only'")
    with pytest.raises(runner.StatementFailed, match=r"btg\.reading is exclusive or coverage, not only"):
        answer(session)


def test_only_the_chosen_reading_is_run(session: Session) -> None:
    run_sql()
    for reading, not_run in (("exclusive", "coverage"), ("coverage", "exclusive")):
        do(session, f"SET btg.reading = '{reading}'")
        plan = "\n".join(str(row[0]) for row in rows(session, f"EXPLAIN (ANALYZE, COSTS off) {QUERY[-1].text}"))  # type: ignore[union-attr]
        assert plan.count("One-Time Filter") == 2
        assert "never executed" in plan, not_run


@pytest.mark.parametrize(
    ("sql", "constraint"),
    [
        ("INSERT INTO btg.visitan VALUES (1, 1, '2026-01-12')", "visitan_pk"),
        ("INSERT INTO btg.visitan VALUES (99, 1, '2026-01-12')", "visitan_sucursal_fk"),
        ("INSERT INTO btg.inscripcion VALUES (1, 99)", "inscripcion_cliente_fk"),
        ("INSERT INTO btg.inscripcion VALUES (1, 1)", "inscripcion_pk"),
        ("INSERT INTO btg.disponibilidad VALUES (1, 99)", "disponibilidad_producto_fk"),
        ("DELETE FROM btg.cliente WHERE id = 1", "inscripcion_cliente_fk"),
        ("INSERT INTO btg.cliente VALUES (10, ' ', 'x', 'x')", "cliente_con_texto"),
        ("INSERT INTO btg.producto VALUES (10, 'x', 'OTRO')", "tipo_producto"),
        ("INSERT INTO btg.sucursal VALUES (10, NULL, 'x')", "not-null"),
    ],
)
def test_the_keys_hold(session: Session, sql: str, constraint: str) -> None:
    run_sql()
    before = state(session)
    with pytest.raises(psycopg2.Error, match=constraint):
        do(session, sql)
    assert state(session) == before


def test_seeding_again_changes_nothing_and_the_next_client_gets_the_next_number(session: Session) -> None:
    run_sql()
    before = state(session, "btg")
    run_sql()
    assert state(session, "btg") == before
    new = "INSERT INTO btg.cliente (nombre, apellidos, ciudad) VALUES ('Inés', 'Vera', 'Cali') RETURNING id"
    assert rows(session, new) == [(10,)]
    run_sql("02_seed.sql")
    assert rows(session, new) == [(11,)]


def test_clean_up_empties_the_tables_and_keeps_the_structure(session: Session) -> None:
    run_sql("00_schema.sql", "01_tables.sql")
    empty = state(session, "btg")
    run_sql("02_seed.sql")
    run_sql("04_cleanup_safe.sql")
    assert state(session, "btg") == empty


def test_clean_up_touches_nothing_when_another_table_refers_to_these(session: Session) -> None:
    run_sql()
    do(session, "CREATE SCHEMA elsewhere CREATE TABLE note (id integer REFERENCES btg.cliente)")
    before = state(session)
    with pytest.raises(CommandError, match=r"04_cleanup_safe\.sql:5"):
        run_sql("04_cleanup_safe.sql")
    assert state(session) == before
