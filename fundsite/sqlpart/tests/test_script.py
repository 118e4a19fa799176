"""Reading SQL files as psql does; whatever is said here of psql, psql itself is asked too."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg2.extensions import connection as Session

from fundsite import postgres
from fundsite.sqlpart import runner, script
from fundsite.sqlpart.script import Echo, Statement
from fundsite.sqlpart.tests.worlds import SQL, connect

PSQL = shutil.which("psql") or postgres._binary("psql")


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def statements(folder: Path, text: str) -> list[str]:
    return [step.text for step in script.read(write(folder, "one.sql", text)) if isinstance(step, Statement)]


ONE_EACH = [
    "SELECT 1 AS uno",
    "SELECT 'a;b' AS texto",
    "SELECT 'it''s; -- no comment' AS texto",
    r"SELECT 'a\' AS barra",
    r"SELECT E'it\'s; \\' AS escapado",
    'SELECT 1 AS "a;""b"',
    'SELECT U&"d\\0061t" FROM (SELECT 1 AS dat) t',
    "SELECT $$ ; ' $$ AS dolar",
    "SELECT $a$ ; $$ ; $b$ $a$ AS dolar",
    "SELECT $ñ$ ; $ñ$ AS dolar",
    "SELECT 1 -- ; not yet\n + 1 AS suma",
    "SELECT /* ; /* nested ; */ ' */ 2 AS dos",
    "SELECT 5 --/* no block; \n * 2 AS diez",
    "SELECT a$b FROM (SELECT 3 AS a$b) t",
    "SELECT (SELECT count(*) FROM (VALUES (1), (2)) v) AS dos",
    "SELECT E'\\x41;' || N'b' || B'1'::text AS mezcla",
    "SELECT e'\\''::text AS comilla",
    "DO $x$ BEGIN PERFORM 1; PERFORM 2; END $x$",
    "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
    "SELECT '{\"a\": [1;2]}' AS texto, (ARRAY[1,2])[1:1] AS corte, 'x'::text::varchar AS doble",
    "SELECT 'café ☕; 😀' AS acentos",
    'SELECT "select" FROM (SELECT 1 AS "select") "from"',
]


AS_PSQL = [sql for sql in ONE_EACH if not sql.startswith("CREATE")]  # which works once only
# psql, which reads line by line, ends this one too soon; PostgreSQL does not.
CONTINUED = "SELECT E'one\\'' \n  'two\\';' AS seguido"


@pytest.mark.parametrize("sql", [*ONE_EACH, CONTINUED])
def test_a_semicolon_inside_does_not_end_the_statement(tmp_path: Path, sql: str) -> None:
    assert statements(tmp_path, f"-- before;\n{sql}\n;;/* ; */ SELECT 9 AS nueve") == [sql, "SELECT 9 AS nueve"]


def by_psql(path: Path, database: dict[str, str], folder: Path) -> str:
    done = subprocess.run(
        [PSQL, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-1", "-A", "-f", str(path)],
        env={**database, "PGCLIENTENCODING": "UTF8", "LC_ALL": "C"},
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def unaligned(shown: list[runner.Result | Echo]) -> str:
    """As `psql -A` shows it."""
    text = ""
    for one in shown:
        if isinstance(one, Echo):
            text += one.text
        else:
            lines = [one.columns, *(["" if value is None else str(value) for value in row] for row in one.rows)]
            text += "".join("|".join(line) + "\n" for line in lines)
            text += f"({len(one.rows)} row{'' if len(one.rows) == 1 else 's'})\n"
    return text


@settings(max_examples=12, deadline=None)
@given(
    order=st.lists(st.sampled_from(AS_PSQL), min_size=1, max_size=12),
    between=st.sampled_from(
        ["\n", " ", "\r\n", "--;\n", "/*;*/", "\n\n;\n", "\n\\echo 'a b'  c;\n", "\\echo -n x \\\\ \n"]
    ),
)
def test_psql_shows_the_same(
    order: list[str], between: str, tmp_path_factory: pytest.TempPathFactory, scratch: dict[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("psql")
    path = write(folder, "one.sql", f";{between}".join(order))
    with connect(scratch) as session:
        shown = runner.run(session, script.read(path), keep=False).shown
    assert unaligned(shown) == by_psql(path, scratch, folder)


def test_what_is_included_comes_in_its_place_and_relative_to_where_it_says(
    tmp_path: Path, database: dict[str, str], session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        tmp_path,
        "deep/one.sql",
        "\ufeffSELECT 1 AS uno;\n\\ir 'más/two three.sql'\n\\i here.sql; -- no semicolon at the end\n",
    )
    write(tmp_path, "deep/más/two three.sql", "SELECT 2 AS dos;\nSELECT\n 3 AS tres")
    write(tmp_path, "here.sql", "\\echo between\nSELECT 4 AS cuatro;")
    main = write(tmp_path, "main.sql", "SELECT 0 AS cero\n\\include_relative deep/one.sql\n;\n\\ir ./here.sql")
    monkeypatch.chdir(tmp_path)
    shown = runner.run(session, script.read(Path("main.sql")), keep=False).shown
    assert unaligned(shown) == by_psql(main, database, tmp_path)
    assert [(str(one.statement.path), one.statement.line) for one in shown if isinstance(one, runner.Result)] == [
        ("deep/one.sql", 1),
        ("deep/más/two three.sql", 1),
        ("deep/más/two three.sql", 2),
        ("here.sql", 2),
        ("main.sql", 1),
        ("here.sql", 2),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1;\n SELECT 'abc\n;", ":2: lo que empieza aquí con ' no se cierra"),
        ("SELECT E'abc\\';", ":1: lo que empieza aquí con E' no se cierra"),
        ('\n\nSELECT "abc;', ':3: lo que empieza aquí con " no se cierra'),
        ("/* /* */ ;", ":1: lo que empieza aquí con /* no se cierra"),
        ("SELECT 1;\nDO $x$ $y$ ;", ":2: lo que empieza aquí con $x$ no se cierra"),
        ("SELECT 1;\n\\copy t from x", ":2: la orden \\copy de psql no se admite"),
        ("SELECT 1 \\g", ":1: la orden \\g de psql no se admite"),
        ("\\set x 1", ":1: la orden \\set de psql no se admite"),
        ("\\! rm -rf /", ":1: la orden \\! de psql no se admite"),
        ("\\echo `date`", ":1: la orden \\echo … `date` de psql no se admite"),
        ("\\echo 'abc", ":1: la orden \\echo … 'abc de psql no se admite"),
        ("SELECT 1;\n\\i\n", ":2: a \\i le falta el nombre"),
        ("\\ir absent.sql", ":1: no se puede leer"),
        ("\\ir .", ":1: no se puede leer"),
        ("\\ir one.sql", ":1:"),
        ("SELECT 1\0;", "no es texto UTF-8 (byte 8)"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_nothing_is_sent(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(script.ScriptError) as refused:
        script.read(write(tmp_path, "one.sql", text))
    assert expected in str(refused.value)
    assert str(refused.value).startswith(str(tmp_path / "one.sql"))


def test_a_circle_is_named_however_long(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "c"), ("c", "./a")):
        write(tmp_path, f"{name}.sql", f"SELECT 1;\n\\ir {other}.sql")
    with pytest.raises(script.Circular, match=r"c\.sql:2: .*a\.sql se incluye a sí mismo"):
        script.read(tmp_path / "a.sql")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.sql"
    path.write_bytes("SELECT 'ñ'".encode("latin-1"))
    with pytest.raises(script.NotText, match="byte 8"):
        script.read(path)


def test_a_file_that_is_not_there_is_named_once_with_the_reason(tmp_path: Path) -> None:
    absent = tmp_path / "absent.sql"
    with pytest.raises(CommandError) as refused:
        call_command("run_sql", absent)
    assert str(refused.value) == f"run_sql: no se puede leer {absent} (No such file or directory)."


def test_the_files_of_the_exercise_run_under_psql_twice_over(
    database: dict[str, str], session: Session, tmp_path: Path
) -> None:
    first = by_psql(SQL / "run_all.sql", database, tmp_path)
    assert first == by_psql(SQL / "run_all.sql", database, tmp_path)
    assert unaligned(runner.run(session, script.read(SQL / "run_all.sql")).shown) == first
    covered = by_psql(SQL / "03_query.sql", {**database, "PGOPTIONS": "-c btg.reading=coverage"}, tmp_path)
    assert (
        unaligned(runner.run(session, script.read(SQL / "03_query.sql"), reading="coverage").shown) == covered != first
    )
    by_psql(SQL / "04_cleanup_safe.sql", database, tmp_path)
    by_psql(SQL / "05_drop_schema.sql", database, tmp_path)


def test_a_seed_of_a_megabyte_is_read_in_a_moment(tmp_path: Path) -> None:
    rows = ",\n".join(f"({number}, 'O''Higgins; nº {number}')" for number in range(40_000))
    path = write(tmp_path, "one.sql", f"INSERT INTO t VALUES\n{rows};\nSELECT 1;")
    insert, select = script.read(path)
    assert isinstance(insert, Statement)
    assert isinstance(select, Statement)
    assert (insert.line, select.line, len(insert.text)) == (1, 40_002, len(rows) + len("INSERT INTO t VALUES\n"))
