"""`manage.py run_sql`: everything or nothing, said clearly; which server; what it shows."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from psycopg2.extensions import connection as Session

from fundsite.sqlpart import environment as environment_of_sql
from fundsite.sqlpart import sessions
from fundsite.sqlpart.tests.worlds import ROOT, connect, do, rows, run_sql, state
from fundsite.tests.processes import PATIENCE, Process, environment, unmeasured, wait_until


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "one.sql"


def refusal(*arguments: str | Path) -> str:
    with pytest.raises(CommandError) as refused:
        run_sql(*arguments)
    return str(refused.value)


def test_a_failing_statement_is_shown_with_file_and_line_and_nothing_is_changed(session: Session, script: Path) -> None:
    run_sql()
    before = state(session)
    included = script.with_name("two.sql")
    script.write_text("DELETE FROM btg.visitan;\nCREATE TABLE btg.extra ();\n\\ir two.sql\n")
    included.write_text(
        "SELECT 1;\n\n-- here it comes\nSELECT\n  1,\n  2,\n  3,\n  4,\n  5,\n  'ñ', nowhere\nFROM btg.cliente;\n"
    )
    said = refusal("00_schema.sql", script)
    assert said.startswith(f"{included}:10: PostgreSQL rechazó esta sentencia y no se cambió nada.")
    assert "     4 | SELECT\n     5 |   1,\n" in said
    assert "   ... |\n    10 |   'ñ', nowhere\n" in said
    assert "FROM btg.cliente" not in said
    assert 'column "nowhere" does not exist' in said
    assert state(session) == before


def test_detail_and_hint_are_shown_too(session: Session, script: Path) -> None:
    run_sql()
    script.write_text("INSERT INTO btg.inscripcion VALUES (1, 99);")
    assert 'Key (id_cliente)=(99) is not present in table "cliente".' in refusal(script)
    script.write_text("SELECT nombres FROM btg.cliente")
    assert "Perhaps you meant to reference the column" in refusal(script)


def test_a_check_that_waits_for_the_commit_takes_everything_back(session: Session, script: Path) -> None:
    run_sql()
    do(session, "CREATE TABLE btg.late (id integer UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    before = state(session)
    script.write_text("DELETE FROM btg.visitan; INSERT INTO btg.late VALUES (1), (1);")
    assert "PostgreSQL rechazó la operación y no se cambió nada: duplicate key" in refusal(script)
    assert state(session) == before


@pytest.mark.parametrize(
    "sql",
    [
        "BEGIN", "/* x */ commit", "START TRANSACTION", "END", "ABORT", "ROLLBACK", "ROLLBACK WORK AND CHAIN",
        "PREPARE TRANSACTION 'x'", "COMMIT PREPARED 'x'",
    ],
)  # fmt: skip
def test_a_script_may_not_end_the_transaction(session: Session, script: Path, sql: str) -> None:
    run_sql()
    before = state(session)
    script.write_text(f"DELETE FROM btg.visitan;\n{sql};\nSELECT 1/0;")
    assert f"{script}:2: aquí todo va en una sola transacción" in refusal(script)
    assert state(session) == before


def test_neither_may_what_it_calls(session: Session, script: Path) -> None:
    run_sql()
    before = state(session)
    script.write_text("DELETE FROM btg.visitan;\nDO $$ BEGIN COMMIT; END $$;")
    assert "invalid transaction termination" in refusal(script)
    assert state(session) == before


@pytest.mark.parametrize("leave", ["SET TRANSACTION READ WRITE", "SET transaction_read_only = off"])
def test_a_script_that_asks_is_not_let_write_without_a_way_back(session: Session, script: Path, leave: str) -> None:
    run_sql()
    before = state(session)
    script.write_text(f"{leave};\nWITH gone AS (DELETE FROM btg.visitan RETURNING 1) SELECT count(*) FROM gone;")
    assert f"{script}:1: PostgreSQL rechazó esta sentencia" in refusal(script)
    assert state(session) == before


@pytest.mark.parametrize(("told", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_and_sigterm_end_the_statement_and_undo_the_rest(
    session: Session, script: Path, database: dict[str, str], tmp_path: Path, told: signal.Signals, code: int
) -> None:
    run_sql()
    before = state(session)
    script.write_text("DELETE FROM btg.visitan;\nSELECT pg_sleep(600);")
    command = [sys.executable, "manage.py", "run_sql", str(script)]
    process = Process(command, cwd=ROOT, env=unmeasured(environment(**database)), log=tmp_path / "run.log")
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
    wait_until(lambda: rows(session, asleep) == [(1,)], "it sleeps", process)
    process.popen.send_signal(told)
    assert process.popen.wait(PATIENCE) == code
    assert process.said() == ""
    assert rows(session, asleep) == [(0,)]
    assert state(session) == before


def test_whoever_reads_only_the_first_lines_gets_no_traceback(
    session: Session, script: Path, database: dict[str, str]
) -> None:
    script.write_text("SELECT generate_series(1, 100000) AS n;")
    command = [sys.executable, "manage.py", "run_sql", "--csv", str(script)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(**database), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == "n\n"
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(PATIENCE) == 141


def test_nothing_is_run_by_a_pooled_connection(database: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock would stay with whichever connection of the pool took it."""
    for name in environment_of_sql.PG_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(connections["default"].settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    assert "PGBOUNCER is set" in refusal()
    with connect(database) as session:
        assert state(session) == []


def test_savepoints_stay_inside(session: Session, script: Path) -> None:
    run_sql()
    undone = "SAVEPOINT one; DELETE FROM btg.visitan; ROLLBACK TO SAVEPOINT one; RELEASE one;"
    script.write_text(f"{undone} SELECT count(*) FROM btg.visitan;")
    assert run_sql("--csv", script) == "count\n14\n"


@pytest.mark.parametrize("sql", ["COPY btg.cliente FROM STDIN", "copy (select 1) to stdout"])
def test_inline_copies_are_refused_by_name(session: Session, script: Path, sql: str) -> None:
    script.write_text(f"CREATE SCHEMA btg;\n{sql};")
    assert f"{script}:2: COPY desde STDIN" in refusal(script)
    assert state(session) == []


def test_the_schema_is_dropped_with_yes_only(session: Session, script: Path) -> None:
    run_sql()
    before = state(session)
    said = refusal("05_drop_schema.sql")
    assert "05_drop_schema.sql:3: DROP SCHEMA borra el esquema con todos sus datos. Repita la orden con --yes" in said
    script.write_text("\n\\ir other.sql")
    script.with_name("other.sql").write_text("DELETE FROM btg.visitan;\n drop /**/ schema btg cascade")
    assert "other.sql:2: DROP SCHEMA" in refusal(script), "under any name"
    assert state(session) == before
    run_sql("05_drop_schema.sql", "--yes")
    assert state(session, "btg") == []
    run_sql("05_drop_schema.sql", "--yes")


def test_tables_are_aligned_as_psql_does(session: Session, script: Path) -> None:
    script.write_text(
        "\\echo Hola 'dos  palabras'\nSELECT 7 AS n, 'ñ' AS texto, NULL AS nada, true AS sí\n"
        "UNION ALL SELECT 1234, E'a\\n\\033[31mb', NULL, false;\nSELECT 'x' AS x WHERE false;"
    )
    assert run_sql(script) == (
        "Hola dos  palabras\n"
        f"{script}:2\n"
        "  n   |    texto     | nada | sí\n"
        "------+--------------+------+----\n"
        "    7 | ñ            |      | t\n"
        " 1234 | a\\n\\x1b[31mb |      | f\n"
        "(2 rows)\n\n"
        f"{script}:4\n x\n---\n(0 rows)\n\n"
        "statements done in one transaction: 2\n"
    )


ODD = (
    "SELECT 1 AS n, 12.50 AS d, 'infinity'::timestamptz AS t, '0044-03-15 BC'::date AS b, NULL AS z, true AS v,"
    " ARRAY[1,2] AS a, '\\x00ff'::bytea AS x, '{\"k\": 1}'::jsonb AS j, 'NaN'::float8 AS f, '1-2'::text AS \"a;b\","
    " '[1,3)'::int4range AS r, '1 day'::interval AS i, 9223372036854775807 AS g;\nSELECT 'a,\"b\"' AS \"a,b\""
)


def test_json_and_csv_hold_every_value_as_postgresql_writes_it(session: Session, script: Path) -> None:
    script.write_text(ODD)
    report = json.loads(run_sql("--json", script))
    first, second = report["results"]
    assert report["statements"] == 2
    assert (first["file"], first["line"], second["line"]) == (str(script), 1, 2)
    assert dict(zip(first["columns"], first["rows"][0], strict=True)) == {
        "n": 1, "d": "12.50", "t": "infinity", "b": "0044-03-15 BC", "z": None, "v": True, "a": "{1,2}", "x": "\\x00ff",
        "j": '{"k": 1}', "f": None, "a;b": "1-2", "r": "[1,3)", "i": "1 day", "g": 9223372036854775807,
    }  # fmt: skip
    one, other = run_sql("--csv", script).split("\n\n")
    assert list(csv.reader(io.StringIO(other))) == [["a,b"], ['a,"b"']]
    assert list(csv.reader(io.StringIO(one)))[1][:5] == ["1", "12.50", "infinity", "0044-03-15 BC", ""]


def test_only_one_run_at_a_time(session: Session, script: Path, scratch: dict[str, str]) -> None:
    """Two runs at once would each keep a state from before the other."""
    run_sql()
    script.write_text("UPDATE btg.cliente SET ciudad = ciudad || '!';")
    runs = [threading.Thread(target=run_sql, args=[script]) for _ in range(4)]
    with connect(scratch) as other:
        do(other, f"SELECT pg_advisory_lock({sessions.LOCK})")
        for run in runs:
            run.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = ("
        waiting += "SELECT oid FROM pg_database WHERE datname = current_database())"
        wait_until(lambda: rows(session, waiting) == [(4,)], "all four wait")
        assert rows(session, "SELECT count(*) FROM btg.cliente WHERE ciudad LIKE '%!'") == [(0,)]
    for run in runs:
        run.join()
    assert rows(session, "SELECT DISTINCT right(ciudad, 5) FROM btg.cliente WHERE id = 1") == [("á!!!!",)]
    call_command("rollback_sql")
    assert rows(session, "SELECT right(ciudad, 5) FROM btg.cliente WHERE id = 1") == [("tá!!!",)]


# --- which server -----------------------------------------------------------------------------------------------------


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def url_of(database: dict[str, str]) -> str:
    password = f":{database['PGPASSWORD']}" if database.get("PGPASSWORD") else ""
    host = f"{database['PGUSER']}{password}@{database['PGHOST']}:{database.get('PGPORT') or 5432}"
    return f"postgres://{host}/{database['PGDATABASE']}"


NOWHERE = "postgres://nobody@127.0.0.1:1/nothing"


def test_postgresqls_own_variables_come_first_and_start_no_embedded_server(
    database: dict[str, str], session: Session, tmp_path: Path
) -> None:
    done = manage("run_sql", "--csv", **database, DATABASE_URL=NOWHERE)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "nombre,apellidos"), done.stderr
    done = manage("run_sql", "sql/04_cleanup_safe.sql", **database, DATA_DIR=str(tmp_path / "data"))
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "data" / "postgres").exists()
    assert rows(session, "SELECT count(*) FROM btg.cliente") == [(0,)]


def test_then_comes_database_url(database: dict[str, str], session: Session) -> None:
    done = manage("run_sql", DATABASE_URL=url_of(database))
    assert done.returncode == 0, done.stderr
    assert rows(session, "SELECT count(*) FROM btg.cliente") == [(9,)]


def test_with_neither_it_is_the_embedded_server(tmp_path: Path) -> None:
    done = manage("run_sql", "--json", "--reading", "coverage", DATA_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert [row[0] for row in json.loads(done.stdout)["results"][0]["rows"]] == ["Hugo", "Carla", "Beto"]
    assert (tmp_path / "postgres" / "data").is_dir()


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"PGHOST": "127.0.0.1", "PGPORT": "1"}, "Connection refused"),
        ({"DATABASE_URL": NOWHERE}, "Connection refused"),
    ],
)
def test_a_server_that_is_not_there_is_one_line(variables: dict[str, str], reason: str) -> None:
    done = manage("run_sql", **variables)
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: No se puede usar la base de datos: ")
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_database_that_does_not_exist_is_one_line(database: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATABASE", "no_such_database_here")
    assert 'database "no_such_database_here" does not exist' in refusal()


def test_a_connection_that_is_cut_is_said_and_nothing_is_changed(session: Session, script: Path) -> None:
    run_sql()
    before = state(session)
    script.write_text("DELETE FROM btg.visitan; SELECT pg_terminate_backend(pg_backend_pid());")
    assert "server closed the connection" in refusal(script)
    assert state(session) == before
