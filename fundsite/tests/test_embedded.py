"""The embedded PostgreSQL, driven from the processes that would use it, in a folder with a space and an accent."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest

from fundsite import embedded, postgres

ROOT = Path(__file__).resolve().parents[2]
# Says its URL, then uses the server until its standard input ends.
HOLDER = """
import sys
from pathlib import Path
from fundsite import embedded
with embedded.running(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals and permissions")


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "los datos de Íñigo"
    yield folder
    if (folder / "postgres" / "data").exists():
        with embedded.running(folder):
            pass  # the last one out stops whatever a failed test has left running


class Holder:
    """Another process that uses the server."""

    def __init__(self, data_dir: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(data_dir)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def url(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate(timeout=30)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=30)


@contextmanager
def holding(data_dir: Path) -> Iterator[Holder]:
    holder = Holder(data_dir)
    try:
        yield holder
    finally:
        holder.kill()


def query(url: str, sql: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        connection.close()


def answers(url: str) -> bool:
    try:
        return query(url, "SELECT 1") == [(1,)]
    except psycopg2.OperationalError:
        return False


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


def port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1].split("/", maxsplit=1)[0])


def refusal(data_dir: Path) -> str:
    with pytest.raises(embedded.EmbeddedError) as caught:
        embedded.ensure_running(data_dir)
    return str(caught.value)


def test_server_is_durable_utf8_and_asks_for_a_password(data_dir: Path) -> None:
    with embedded.running(data_dir) as url:
        names = (
            "fsync",
            "full_page_writes",
            "data_checksums",
            "server_encoding",
            "unix_socket_directories",
            "TimeZone",
        )
        found = [query(url, f"SHOW {name}")[0][0] for name in names]
        assert found == ["on", "on", "on", "UTF8", "", "UTC"]
        assert query(url, "SELECT lower('ÁÑÜ'), current_database()") == [("áñü", "fundsite")]
        assert query(url, "SELECT rolpassword LIKE 'SCRAM-SHA-256%' FROM pg_authid WHERE rolname = 'fundsite'") == [
            (True,)
        ]
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(url.replace("fundsite:", "fundsite:x"))
    assert not answers(url)
    assert stat.S_IMODE((data_dir / "postgres" / "connection.json").stat().st_mode) == 0o600


def test_processes_share_the_server_and_the_last_one_out_stops_it(data_dir: Path) -> None:
    with holding(data_dir) as first, holding(data_dir) as second, holding(data_dir) as third:
        urls = {first.url(), second.url(), third.url()}  # all three started at once
        assert len(urls) == 1
        url = urls.pop()
        pid = postmaster(data_dir)
        first.leave()
        third.leave()
        assert answers(url)
        with embedded.running(data_dir) as again:
            assert again == url
        assert postmaster(data_dir) == pid
        second.leave()
        assert not answers(url)
        assert not (data_dir / "postgres" / "data" / "postmaster.pid").exists()


def test_port_and_password_stay_the_same_over_restarts(data_dir: Path) -> None:
    with embedded.running(data_dir) as first:
        pass
    with embedded.running(data_dir) as second:
        assert second == first


@posix_only
def test_after_kill_9_of_everything_committed_rows_are_there(data_dir: Path) -> None:
    with holding(data_dir) as holder:
        url = holder.url()
        query(url, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        sleeper = psycopg2.connect(url)  # its backend outlives the postmaster for a moment
        os.kill(postmaster(data_dir), signal.SIGKILL)
        holder.kill()
        sleeper.close()
    assert (data_dir / "postgres" / "data" / "postmaster.pid").exists()
    with embedded.running(data_dir) as url:
        assert query(url, "SELECT count(*), sum(n) FROM kept") == [(1000, 500500)]


@posix_only
def test_server_whose_users_were_killed_is_found_and_used_and_stopped(data_dir: Path) -> None:
    with holding(data_dir) as holder:
        url = holder.url()
        pid = postmaster(data_dir)
        holder.kill()
    assert answers(url)
    with embedded.running(data_dir) as again:
        assert (again, postmaster(data_dir)) == (url, pid)
    assert not answers(url)


@posix_only
def test_server_killed_under_a_user_comes_back_on_the_same_address(data_dir: Path) -> None:
    with holding(data_dir) as holder:
        url = holder.url()
        os.kill(postmaster(data_dir), signal.SIGKILL)
        assert embedded.ensure_running(data_dir) == url
        holder.leave()
    assert not answers(url)


@posix_only
def test_pid_file_that_names_a_living_stranger_is_not_believed(data_dir: Path) -> None:
    with embedded.running(data_dir):
        left_behind = (data_dir / "postgres" / "data" / "postmaster.pid").read_text()
    lines = left_behind.splitlines()
    lines[0] = str(os.getpid())  # alive, and not PostgreSQL
    (data_dir / "postgres" / "data" / "postmaster.pid").write_text("\n".join(lines) + "\n")
    with embedded.running(data_dir) as url:
        assert answers(url)


def test_port_taken_by_somebody_else_is_left_to_them(data_dir: Path) -> None:
    with embedded.running(data_dir) as before:
        pass
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port_of(before)))
        stranger.listen()
        with embedded.running(data_dir) as url:
            assert port_of(url) != port_of(before)
            assert answers(url)
    with embedded.running(data_dir) as after:
        assert after == url


@posix_only
def test_ctrl_c_does_not_reach_the_server_but_its_last_user_stops_it(data_dir: Path) -> None:
    with holding(data_dir) as holder:
        url = holder.url()
        assert os.getsid(postmaster(data_dir)) != os.getsid(holder.process.pid)
        os.killpg(holder.process.pid, signal.SIGINT)  # what a terminal does
        holder.process.wait(timeout=30)
    assert not answers(url)
    log = (data_dir / "postgres" / "server.log").read_text()
    assert log.rstrip().endswith("database system is shut down")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_runs_it_as_nobody_and_opens_no_folder(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with embedded.running(closed / "data") as url:
        assert answers(url)
        assert Path(f"/proc/{postmaster(closed / 'data')}").stat().st_uid != 0
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert closed.stat().st_uid == 0


@posix_only
def test_an_interrupted_first_start_is_begun_again(data_dir: Path) -> None:
    half_made = data_dir / "postgres" / "making" / "data"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    with embedded.running(data_dir) as url:
        assert answers(url)


def test_command_runs_with_the_url_and_its_exit_code_comes_back(data_dir: Path) -> None:
    code = "import os, psycopg2, sys; psycopg2.connect(os.environ['DATABASE_URL']); sys.exit(7)"
    command = [sys.executable, "-m", "fundsite.embedded", str(data_dir), sys.executable, "-c", code]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 7


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "password of the database"),
        ("{}", "password of the database"),
        ('{"password": "x", "port": "y"}', "password"),
    ],
)
def test_lost_password_is_one_line(data_dir: Path, content: str, expected: str) -> None:
    folder = data_dir / "postgres"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "PG_VERSION").write_text("18\n")
    (folder / "connection.json").write_text(content)
    message = refusal(data_dir)
    assert expected in message
    assert "\n" not in message
    (folder / "data" / "PG_VERSION").unlink()
    (folder / "data").rmdir()


def test_cluster_of_another_version_is_one_line_and_left_alone(data_dir: Path) -> None:
    folder = data_dir / "postgres" / "data"
    folder.mkdir(parents=True)
    (folder / "PG_VERSION").write_text("14\n")
    message = refusal(data_dir)
    assert "made by PostgreSQL 14" in message
    assert "\n" not in message
    assert [path.name for path in folder.iterdir()] == ["PG_VERSION"]
    (folder / "PG_VERSION").unlink()
    folder.rmdir()


def test_folder_of_something_else_is_one_line_and_left_alone(data_dir: Path) -> None:
    folder = data_dir / "postgres" / "data"
    folder.mkdir(parents=True)
    (folder / "novel.txt").write_text("chapter one")
    assert "is not a PostgreSQL cluster" in refusal(data_dir)
    assert (folder / "novel.txt").read_text() == "chapter one"
    (folder / "novel.txt").unlink()
    folder.rmdir()


def test_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    message = refusal(tmp_path / "file")
    assert "cannot be used" in message
    assert "\n" not in message


def test_missing_binaries_are_one_line(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "find_spec", lambda name: None)
    message = refusal(data_dir)
    assert "is not installed" in message
    assert "./run" in message
    assert not (data_dir / "postgres" / "data").exists()


def test_damaged_cluster_says_why_in_one_line(data_dir: Path) -> None:
    with embedded.running(data_dir):
        pass
    control = data_dir / "postgres" / "data" / "global" / "pg_control"
    kept = control.read_bytes()
    control.unlink()
    message = refusal(data_dir)
    assert "pg_control" in message or "could not find the database system" in message
    assert "\n" not in message
    control.write_bytes(kept)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        owner = control.parent.stat()
        os.chown(control, owner.st_uid, owner.st_gid)


def test_connection_file_survives_a_crash_while_being_replaced(data_dir: Path) -> None:
    with embedded.running(data_dir) as url:
        pass
    (data_dir / "postgres" / "connection.new").write_text('{"passw')
    kept = json.loads((data_dir / "postgres" / "connection.json").read_text())
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port_of(url)))
        stranger.listen()
        with embedded.running(data_dir):
            now = json.loads((data_dir / "postgres" / "connection.json").read_text())
    assert now["password"] == kept["password"]
    assert now["port"] != kept["port"]


def test_starting_again_is_quick(data_dir: Path) -> None:
    with embedded.running(data_dir):
        pass
    began = time.monotonic()
    with embedded.running(data_dir):
        pass
    assert time.monotonic() - began < 5
