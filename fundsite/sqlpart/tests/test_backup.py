"""`backup_sql`, `restore_sql`, `rollback_sql`: what comes back is what was, and nothing is changed by halves."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from psycopg2.extensions import connection as Session
from pytest_django.fixtures import Settings

from fundsite.backup import archive, storage
from fundsite.sqlpart import backups, copies, script, sessions
from fundsite.sqlpart.tests.worlds import ROOT, connect, do, rows, run_sql, state
from fundsite.tests.processes import PATIENCE, environment, unmeasured


@pytest.fixture
def kept(session: Session, tmp_path: Path) -> Path:
    """The seed, in the database and in a file; the database has since moved on."""
    run_sql()
    path = tmp_path / "kept.backup"
    command("backup_sql", "--to", path)
    do(session, "DELETE FROM btg.visitan; INSERT INTO btg.sucursal (nombre, ciudad) VALUES ('Nueva', 'Pasto')")
    return path


def command(name: str, *arguments: str | Path) -> str:
    out = StringIO()
    call_command(name, *map(str, arguments), stdout=out)
    return out.getvalue()


def refusal(name: str, *arguments: str | Path) -> str:
    with pytest.raises(CommandError) as refused:
        command(name, *arguments)
    return str(refused.value)


def test_the_seed_comes_back_and_rollback_undoes_that(session: Session, tmp_path: Path) -> None:
    run_sql()
    seeded = state(session, "btg")
    said = command("backup_sql", "--to", tmp_path / "one.backup")
    assert said.endswith(f"50 rows of 6 tables kept in {tmp_path / 'one.backup'}\n")
    do(session, "DELETE FROM btg.visitan; ALTER TABLE btg.cliente DROP ciudad; DROP INDEX btg.visitan_por_cliente")
    changed = state(session, "btg")
    assert "50 rows of 6 tables restored" in command("restore_sql", tmp_path / "one.backup")
    assert state(session, "btg") == seeded
    assert "36 rows of 6 tables" in command("rollback_sql")
    assert state(session, "btg") == changed


def test_everything_a_schema_may_have_comes_back_in_a_fresh_database(
    session: Session, tmp_path: Path, other_database: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sql()
    for statement in script.read(Path(__file__).with_name("elaborate.sql")):
        do(session, statement.text)
    before = state(session, "btg")
    command("backup_sql", "--to", tmp_path / "one.backup")
    do(session, "DROP SCHEMA btg CASCADE")
    command("restore_sql", tmp_path / "one.backup")
    assert state(session, "btg") == before
    for name, value in other_database.items():
        monkeypatch.setenv(name, value)
    command("restore_sql", tmp_path / "one.backup")
    with connect(other_database) as other:
        assert state(other, "btg") == before
        following = 'INSERT INTO btg."Año ""x""" DEFAULT VALUES RETURNING "sélect", siempre, turno'
        assert rows(other, following) == rows(session, following) == [(4, 115, 1)]
        assert "there was no schema btg" in command("rollback_sql")
        assert state(other) == []


def test_a_backup_is_one_moment_and_holds_up_nobody(session: Session, tmp_path: Path, scratch: dict[str, str]) -> None:
    run_sql()
    before = state(session, "btg")

    def meanwhile(table: str, _rows: int) -> None:
        if table == "btg.cliente":
            with connect(scratch) as writer:
                do(writer, "SET lock_timeout = '2s'; DELETE FROM btg.visitan")

    assert backups.backup(session, str(tmp_path / "one.backup"), progress=meanwhile).rows["btg.visitan"] == 14
    assert state(session, "btg") != before
    command("restore_sql", tmp_path / "one.backup")
    assert state(session, "btg") == before


def test_a_file_is_for_its_owner_alone_and_has_a_place_by_default(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    settings.DATA_DIR = tmp_path / "data"
    run_sql()
    for _ in range(2):
        command("backup_sql")
    first, second = (tmp_path / "data" / "sql-backups").iterdir()
    assert first != second
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert sum(copies.check(storage.reading(str(first)))["rows"].values()) == 50


def test_without_a_schema_there_is_nothing_to_keep(session: Session, tmp_path: Path) -> None:
    assert "no tiene el esquema btg" in refusal("backup_sql", "--to", tmp_path / "one.backup")
    assert list(tmp_path.iterdir()) == []


# --- files that are refused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("empty", "empty file"),
        ("truncated", "half a backup"),
        ("flipped", "damaged"),
        ("appended", "something was added"),
        ("of all", "This is a fundsite-backup, and no fundsite-sqlpart"),
        ("text", "none of this product"),
        ("newer", "has format 2; this version reads format 1"),
        ("absent", "No such file"),
        ("folder", "Is a directory"),
    ],
)
def test_a_bad_file_is_refused_and_nothing_is_changed(
    session: Session, kept: Path, kind: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, whole = kept.with_name("bad.backup"), kept.read_bytes()
    if kind == "of all":
        target = BytesIO()
        archive.Writer(target, {}).finish({})
        path.write_bytes(target.getvalue())
    elif kind == "newer":
        with monkeypatch.context() as later:
            later.setattr(archive, "FORMAT", 2)
            command("backup_sql", "--to", path)
    elif kind == "folder":
        path.mkdir()
    elif kind != "absent":
        middle = len(whole) // 2
        flipped = whole[:middle] + bytes([whole[middle] ^ 16]) + whole[middle + 1 :]
        contents = {"empty": b"", "truncated": whole[:-1], "flipped": flipped, "appended": whole + b"x"}
        path.write_bytes(contents.get(kind, b"-- PostgreSQL database dump\nCREATE SCHEMA btg;"))
    before = state(session)
    said = refusal("restore_sql", path)
    assert expected in said
    assert "bad.backup" in said
    assert "Nothing was restored" in said
    assert state(session) == before


# --- rollback ---------------------------------------------------------------------------------------------------------


def test_rollback_of_the_first_run_leaves_no_schema_and_works_once(session: Session) -> None:
    run_sql()
    assert "there was no schema btg" in command("rollback_sql")
    assert state(session) == []
    assert "No hay un estado anterior" in refusal("rollback_sql")
    assert state(session) == []


@pytest.mark.parametrize("arguments", [["04_cleanup_safe.sql"], ["05_drop_schema.sql", "--yes"]])
def test_rollback_brings_back_what_a_run_took_away(session: Session, arguments: list[str]) -> None:
    run_sql()
    do(session, "DELETE FROM btg.visitan WHERE id_cliente = 1")
    before = state(session, "btg")
    run_sql(*arguments)
    assert state(session, "btg") != before
    if "--yes" not in arguments:
        run_sql("03_query.sql")  # asking changes nothing, not even this
    command("rollback_sql")
    assert state(session, "btg") == before


def test_a_run_that_fails_leaves_what_is_kept(session: Session, tmp_path: Path) -> None:
    run_sql()
    before = state(session, "btg")
    run_sql("04_cleanup_safe.sql")
    script = tmp_path / "one.sql"
    script.write_text("DROP TABLE btg.visitan; SELECT 1/0;")
    with pytest.raises(CommandError):
        run_sql(script)
    command("rollback_sql")
    assert state(session, "btg") == before


def test_a_run_that_keeps_nothing_leaves_nothing_older_either(session: Session) -> None:
    run_sql()
    run_sql("04_cleanup_safe.sql", "--no-undo")
    before = state(session)
    assert "No hay un estado anterior" in refusal("rollback_sql")
    assert state(session) == before


def test_a_state_larger_than_one_piece_comes_back(session: Session) -> None:
    run_sql()
    do(
        session,
        "INSERT INTO btg.cliente (nombre, apellidos, ciudad)"
        " SELECT md5(n::text), md5(n::text) || md5((-n)::text), md5((n * n)::text) FROM generate_series(1, 20000) n",
    )
    digest = "SELECT count(*), md5(string_agg(c::text, ',' ORDER BY id)) FROM btg.cliente c"
    before = rows(session, digest)
    run_sql("04_cleanup_safe.sql")
    assert rows(session, "SELECT count(*) > 1 FROM btg_undo.piece") == [(True,)]
    command("rollback_sql")
    assert rows(session, digest) == before


# --- what cannot be carried -------------------------------------------------------------------------------------------

STRANGE = {
    "CREATE VIEW btg.vista AS SELECT 1 AS uno": "view btg.vista",
    "CREATE MATERIALIZED VIEW btg.vista AS SELECT 1 AS uno": "materialized view btg.vista",
    "CREATE FUNCTION btg.f() RETURNS int LANGUAGE sql AS 'SELECT 1'": "function btg.f()",
    "CREATE DOMAIN btg.d AS integer": "type btg.d",
    "CREATE TYPE btg.par AS (a integer)": "btg.par",
    "CREATE TABLE btg.p (id integer) PARTITION BY LIST (id)": "table btg.p",
    "CREATE TABLE btg.hija () INHERITS (btg.cliente)": "inheritance of btg.hija",
    "CREATE STATISTICS btg.s ON nombre, ciudad FROM btg.cliente": "statistics object btg.s",
    "CREATE RULE r AS ON DELETE TO btg.visitan DO INSTEAD NOTHING": "rule r on table btg.visitan",
    "CREATE POLICY p ON btg.visitan": "policy p on table btg.visitan",
    "ALTER TABLE btg.visitan ENABLE ROW LEVEL SECURITY": "row security of btg.visitan",
    "CREATE TRIGGER t BEFORE UPDATE ON btg.visitan EXECUTE FUNCTION suppress_redundant_updates_trigger()": "trigger t",
}


@pytest.mark.parametrize("sql", STRANGE)
def test_what_a_copy_would_lose_is_refused_by_name(session: Session, kept: Path, sql: str) -> None:
    do(session, sql)
    before, file = state(session), kept.read_bytes()
    for arguments in (("backup_sql", "--to", kept), ("restore_sql", kept)):
        assert STRANGE[sql] in refusal(*arguments)
    assert STRANGE[sql] in refusal("run_sql", ROOT / "sql" / "04_cleanup_safe.sql")
    assert (state(session), kept.read_bytes()) == (before, file)


def test_such_a_schema_can_be_asked_and_with_no_undo_changed(session: Session, kept: Path) -> None:
    do(session, "CREATE VIEW btg.vista AS SELECT 1 AS uno")
    assert run_sql("03_query.sql", "--csv") == "nombre,apellidos\n"
    run_sql("02_seed.sql", "--no-undo")
    assert rows(session, "SELECT count(*) FROM btg.visitan") == [(14,)]


def test_nothing_outside_is_dropped_along(session: Session, kept: Path) -> None:
    do(session, "CREATE SCHEMA elsewhere CREATE TABLE note (id integer REFERENCES btg.cliente)")
    do(session, "INSERT INTO elsewhere.note VALUES (1)")
    before = state(session, "btg", "btg_undo", "elsewhere")
    assert "other objects depend on" in refusal("restore_sql", kept)
    assert state(session, "btg", "btg_undo", "elsewhere") == before


# --- killed, and no room ----------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from fundsite.sqlpart import backups, sessions, undo

def die(table, rows):
    if table == "btg.disponibilidad":
        os.kill(os.getpid(), signal.SIGKILL)

with sessions.connected() as session:
    if sys.argv[1] == "rollback":
        undo.rollback(session, progress=die)
    else:
        getattr(backups, sys.argv[1])(session, sys.argv[2], progress=die)
"""


@pytest.mark.parametrize("action", ["backup", "restore", "rollback"])
def test_kill_9_in_the_middle_leaves_file_and_database_as_they_were(
    session: Session, kept: Path, database: dict[str, str], action: str
) -> None:
    run_sql("04_cleanup_safe.sql")
    before, file = state(session), kept.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, action, str(kept)],
        cwd=ROOT,
        env=environment(**database),
        timeout=PATIENCE,
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert (state(session), kept.read_bytes()) == (before, file)
    command("restore_sql", kept)
    command("backup_sql", "--to", kept)


def test_a_full_disk_leaves_the_older_file(session: Session, kept: Path, database: dict[str, str]) -> None:
    do(session, "INSERT INTO btg.cliente (nombre, apellidos, ciudad) SELECT md5(n::text), 'x', md5((-n)::text)"
       " FROM generate_series(1, 5000) n")  # fmt: skip
    file = kept.read_bytes()
    done = subprocess.run(
        [sys.executable, "manage.py", "backup_sql", "--to", str(kept)],
        cwd=ROOT,
        env=unmeasured(environment(**database)),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
        timeout=PATIENCE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "No backup was made" in done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert kept.read_bytes() == file
    assert os.listdir(kept.parent) == [kept.name], "nothing half written is left"


def test_a_place_that_is_none_is_one_line(session: Session, kept: Path) -> None:
    file = kept.read_bytes()
    assert "No backup was made: " in refusal("backup_sql", "--to", kept / "one.backup")
    assert (os.listdir(kept.parent), kept.read_bytes()) == ([kept.name], file)
    assert len({command("backup_sql", "--to", f"{kept.parent}{end}") for end in ("", "/new/")}) == 2
    assert len(list(kept.parent.rglob("btg-*.backup"))) == 2


def test_restores_wait_for_one_another(session: Session, kept: Path, scratch: dict[str, str]) -> None:
    with connect(scratch) as other, sessions.alone(other):
        do(session, "SET lock_timeout = '50ms'")
        before = state(session)
        with pytest.raises(sessions.DatabaseRefused, match="lock timeout"):
            backups.restore(session, str(kept))
        assert state(session) == before
