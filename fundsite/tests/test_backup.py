"""Backups that come back as they were, and files, disks and kills that leave everything as it was."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pyrage
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from pytest_django.fixtures import Settings

from conftest import Cast
from core.tests.snapshots import snapshot
from events import relay
from events.envelope import Envelope
from events.tests.diary import Kept, login
from events.transport import Direct
from funds import services
from fundsite.backup import archive, dump, storage
from fundsite.backup.tables import migrations, rows, sequences
from fundsite.pipeline import consumers
from fundsite.tests.composed import administer
from fundsite.tests.processes import (
    ROOT,
    Process,
    database_url,
    environment,
    free_port,
    is_free,
    unmeasured,
    wait_until,
)

pytestmark = pytest.mark.usefixtures("real_commits")


@pytest.fixture(autouse=True)
def _data_dir(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = str(tmp_path / "data")
    Path(settings.DATA_DIR).mkdir()


def subscribe(cast: Cast) -> None:
    services.subscribe(
        client_id=cast.ana.pk, fund_id=3, amount=Decimal(50000), actor_id=cast.ana.user_id, idempotency_key=None
    )


def back_up(place: Path, **options: object) -> Path:
    call_command("backup", to=str(place), json=True, stdout=io.StringIO(), **options)
    return place


def restore(file: Path, **options: object) -> None:
    call_command("restore", str(file), json=True, stdout=io.StringIO(), **options)


def test_what_is_restored_is_what_was_saved_and_there_is_a_way_back(cast: Cast, tmp_path: Path) -> None:
    subscribe(cast)
    relay.drain(Direct(consumers()))
    saved, file = snapshot(), back_up(tmp_path / "one.backup")
    subscribe(cast)
    later = snapshot()
    assert later != saved
    restore(file, replace=True)
    assert snapshot() == saved
    call_command("verify", stdout=io.StringIO())
    call_command("rollback", json=True, stdout=io.StringIO())
    assert snapshot() == later
    call_command("rollback", json=True, stdout=io.StringIO())
    assert snapshot() == saved


def test_what_a_relay_publishes_meanwhile_puts_no_lane_ahead_of_the_restored_chain(cast: Cast, tmp_path: Path) -> None:
    class Restored(Kept):
        """The backup comes back while what happened since is being published."""

        def publish(self, envelopes: Sequence[Envelope]) -> None:
            super().publish(envelopes)
            if len(self.envelopes) == len(envelopes):
                restore(file, replace=True)

    relay.drain(Kept())
    file, transport = back_up(tmp_path / "one.backup"), Restored()
    for _ in range(20):
        login(cast.ana.user_id)
    relay.step(transport)
    new = login(cast.ana.user_id)
    relay.drain(transport)
    assert transport.envelopes[-1].id == new


def test_the_restored_ledger_takes_the_next_posting_and_keeps_its_guards(cast: Cast, tmp_path: Path) -> None:
    file = back_up(tmp_path / "one.backup")
    restore(file, replace=True)
    subscribe(cast)
    call_command("verify", stdout=io.StringIO())
    with pytest.raises(Exception, match="append-only"):
        rows("DELETE FROM ledger_transaction RETURNING 1")
    assert rows("SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D'") == [(0,)]


def test_a_drill_brings_everything_back_into_a_database_of_its_own(
    cast: Cast, tmp_path: Path, settings: Settings
) -> None:
    subscribe(cast)
    relay.drain(Direct(consumers()))
    before, said = snapshot(), io.StringIO()
    call_command("backup", drill=True, json=True, stdout=said)
    told = json.loads(said.getvalue())
    assert told["rows"] > 0
    assert set(told["seconds"]) == {"backup", "restore"}
    assert json.loads((Path(settings.DATA_DIR) / "drills.jsonl").read_text()) == told
    assert rows("SELECT count(*) FROM pg_database WHERE datname LIKE 'drill\\_%%'") == [(0,)]
    assert snapshot() == before


def test_a_backup_is_of_one_moment_and_stands_in_nobodys_way(cast: Cast, tmp_path: Path) -> None:
    saved = snapshot()
    faults: list[BaseException] = []

    def write() -> None:
        try:
            subscribe(cast)
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    def progress(table: str, done: int, total: int) -> None:
        if table == "ledger_account":  # entries and transactions come after it, and must not show what follows
            thread = threading.Thread(target=write)
            thread.start()
            thread.join(20)
            assert not thread.is_alive(), "the writer waits for the backup"

    place = tmp_path / "one.backup"
    with storage.writing(str(place)) as target:
        dump.write_backup(target, progress)
    assert faults == []
    assert snapshot() != saved
    restore(place, replace=True)
    assert snapshot() == saved


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    found = re.search(rb'"sequences"[^0-9]*[0-9]', content)  # where a sequence stands, which no count of rows tells
    assert found
    place = found.end() - 1
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def of_another_product(_content: bytes) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        entry = tarfile.TarInfo("holiday.jpg")
        entry.size = 3
        tar.addfile(entry, io.BytesIO(b"jpg"))
    return target.getvalue()


def of_another_version(_content: bytes) -> bytes:
    target = io.BytesIO()
    archive.Writer(target, {}).finish({"migrations": [*migrations(), "funds.0099_the_future"], "rows": {}})
    return target.getvalue()


def without_its_manifest(content: bytes) -> bytes:
    return content[: content.index(b"manifest.json")]


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda _content: b"", "empty"),
        (lambda _content: b"not a backup " * 1000, "none of this product"),
        (half, "half a backup"),
        (without_its_manifest, "half a backup"),
        (flipped, "checksum"),
        (of_another_product, "no backup of this product"),
        (of_another_version, "funds.0099_the_future"),
    ],
)
def test_a_bad_file_changes_nothing(cast: Cast, tmp_path: Path, damage: Callable[[bytes], bytes], told: str) -> None:
    file = back_up(tmp_path / "one.backup")
    file.write_bytes(damage(file.read_bytes()))
    subscribe(cast)
    before = snapshot()
    with pytest.raises(CommandError, match=told) as refused:
        restore(file, replace=True)
    assert damage is of_another_version or str(file) in str(refused.value)
    assert snapshot() == before
    assert not storage.folder().exists(), "nothing is kept of what was not replaced"


def told_otherwise(content: bytes, changes: dict[str, object]) -> bytes:
    """The same backup, as whoever can write files makes it: with other things in its manifest, and right checksums."""
    about, *parts, last = archive.pieces(io.BytesIO(content))
    manifest = json.loads(last.content)
    target = io.BytesIO()
    writer = archive.Writer(target, json.loads(about.content))
    for part in parts:
        writer.add(part.name.removesuffix(".zst"), archive.decompressed(part.content))
    writer.finish({**manifest, "rows": manifest["rows"] | changes})
    return target.getvalue()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ledger_entry": 0}, "ledger_entry came to"),
        ({'funds_fund"; CREATE TABLE theirs (); SELECT 1 --': 1}, "does not know"),
    ],
)
def test_a_restore_that_fails_at_its_end_takes_nothing_back_and_runs_nothing(
    cast: Cast, tmp_path: Path, changes: dict[str, object], told: str
) -> None:
    file = back_up(tmp_path / "one.backup")
    file.write_bytes(told_otherwise(file.read_bytes(), changes))
    subscribe(cast)
    before, numbers = snapshot(), sequences()
    with pytest.raises(CommandError, match=told):
        restore(file, replace=True)
    assert snapshot() == before
    assert list(storage.folder().iterdir()) == []
    assert sequences() == numbers
    assert rows("SELECT to_regclass('theirs')") == [(None,)]
    subscribe(cast)


def test_what_is_there_is_not_replaced_unasked(cast: Cast, tmp_path: Path) -> None:
    file = back_up(tmp_path / "one.backup")
    before = snapshot()
    with pytest.raises(CommandError, match="not empty"):
        restore(file)
    assert snapshot() == before


def test_no_bit_of_a_file_can_change_unseen_and_no_end_be_missing(cast: Cast, tmp_path: Path) -> None:
    whole = back_up(tmp_path / "one.backup").read_bytes()
    places = [*range(0, len(whole), 53), *range(len(whole) - 100, len(whole))]
    bad = [whole[:place] + bytes([whole[place] ^ (1 << place % 8)]) + whole[place + 1 :] for place in places]
    bad += [whole[:place] for place in places] + [whole + b"\0"]
    for content in bad:
        with pytest.raises(archive.NotABackup):
            archive.check(io.BytesIO(content))


def test_what_was_in_another_database_does_not_come_back_in_this_one(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setenv("DATA_DIR", str(settings.DATA_DIR))
    file, before = back_up(tmp_path / "one.backup"), snapshot()
    name = f"{connection.settings_dict['NAME']}_other"
    other = urlsplit(database_url())._replace(path=f"/{name}").geturl()
    administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
    try:
        with pytest.raises(CommandError, match="--into takes"):
            restore(file, into=name)
        restore(file, into=other)
        with pytest.raises(CommandError, match="not empty"):
            restore(file, into=other)
        restore(file, into=other, replace=True)
    finally:
        administer(f"DROP DATABASE {name} WITH (FORCE)")
    assert len(list(storage.folder().glob("before-*"))) == 1
    with pytest.raises(CommandError, match="nothing to go back to"):
        call_command("rollback")
    assert snapshot() == before


def test_whoever_does_not_own_the_tables_is_told_so_in_a_line(cast: Cast, tmp_path: Path) -> None:
    file, before = back_up(tmp_path / "one.backup"), snapshot()
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE pg_read_all_data")
    try:
        with pytest.raises(CommandError, match=r"Nothing was restored\. PostgreSQL says: must be owner of table"):
            restore(file, replace=True)
        with pytest.raises(CommandError, match="The drill failed: permission denied to create database"):
            call_command("backup", drill=True)
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE pg_monitor")
        with pytest.raises(CommandError, match="No backup was made: permission denied for"):
            back_up(tmp_path / "two.backup")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
    assert snapshot() == before


@pytest.mark.parametrize("more", [{"to": "s3://safe/"}, {"keep": 3}, {"encrypt_to": "age1x"}])
def test_a_drill_is_not_mistaken_for_a_backup_that_stays(more: dict[str, object]) -> None:
    with pytest.raises(CommandError, match="--drill keeps no file"):
        call_command("backup", drill=True, **more)


def test_without_a_restore_there_is_nothing_to_go_back_to() -> None:
    with pytest.raises(CommandError, match="nothing to go back to"):
        call_command("rollback")


def test_an_encrypted_backup_opens_with_its_key_only(cast: Cast, tmp_path: Path) -> None:
    key, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    saved, file = snapshot(), back_up(tmp_path / "one.backup.age", encrypt_to=str(key.to_public()))
    assert b"ledger_entry" not in file.read_bytes()
    for name, identity in (("right", key), ("wrong", other)):
        (tmp_path / name).write_text(f"# a comment\n{identity}\n")
    subscribe(cast)
    before = snapshot()
    with pytest.raises(CommandError, match="--identity"):
        restore(file, replace=True)
    with pytest.raises(CommandError, match="Nothing was restored"):
        restore(file, replace=True, identity=str(tmp_path / "wrong"))
    assert snapshot() == before
    restore(file, replace=True, identity=str(tmp_path / "right"))
    assert snapshot() == saved


def test_a_key_file_that_cannot_be_used_is_named_once_with_the_reason(cast: Cast, tmp_path: Path) -> None:
    file, nowhere, binary = back_up(tmp_path / "one.backup"), tmp_path / "none", tmp_path / "binary"
    binary.write_bytes(b"\xff")
    before = snapshot()
    for identity, said in ((nowhere, "cannot be read: No such file or directory."), (binary, "is not UTF-8 text.")):
        with pytest.raises(CommandError) as refused:
            restore(file, replace=True, identity=str(identity))
        assert str(refused.value) == f"Nothing was restored: {identity} {said}"
    assert snapshot() == before


def test_a_wrong_recipient_makes_no_backup(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No backup was made"):
        back_up(tmp_path / "one.backup", encrypt_to="age1nonsense")
    assert list(tmp_path.glob("*backup*")) == []


def test_only_the_newest_of_our_own_are_kept(tmp_path: Path) -> None:
    names = [f"fundsite-2026010{day}T000000Z.backup" for day in range(1, 5)]
    for name in [*names, "mine.backup", "fundsite-notes.txt"]:
        (tmp_path / name).write_bytes(b"")
    call_command("backup", to=f"{tmp_path}/", keep=2, stdout=io.StringIO())
    kept = sorted(path.name for path in tmp_path.iterdir() if path.is_file())
    assert kept[0] == names[-1]
    assert kept[2:] == ["fundsite-notes.txt", "mine.backup"]
    assert len(kept) == 4


def test_a_backup_is_not_denied_because_an_older_one_is_left(tmp_path: Path) -> None:
    (tmp_path / "fundsite-20260101T000000Z.backup").mkdir()
    with pytest.raises(CommandError, match=r"The backup is made, .* but older ones are left"):
        call_command("backup", to=f"{tmp_path}/", keep=1)
    assert len([path for path in tmp_path.glob("*.backup") if path.is_file()]) == 1


def test_a_wrong_retention_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="1 or more"):
        call_command("backup", to=f"{tmp_path}/", keep=0)
    assert list(tmp_path.glob("*.backup")) == []


DYING = """
import os, resource, signal, sys
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "fundsite.settings"
django.setup()
from fundsite.backup import dump, load, storage
what, place, at = sys.argv[1:]
def progress(table, done, total):
    if table == at:
        os.kill(os.getpid(), signal.SIGKILL)
if what == "backup":
    with storage.writing(place) as target:
        dump.write_backup(target, progress)
else:
    source = storage.reading(place)
    load.restore(source, load.checked(source), replace=True, progress=progress)
"""


def die(what: str, place: Path, at: str) -> None:
    env = environment(DATABASE_URL=database_url(), DATA_DIR=str(place.parent))
    done = subprocess.run(
        [sys.executable, "-c", DYING, what, str(place), at], cwd=ROOT, env=env, capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def test_killed_in_the_middle_a_backup_is_no_file_and_the_next_one_is_whole(cast: Cast, tmp_path: Path) -> None:
    place = tmp_path / "one.backup"
    old = back_up(place).read_bytes()
    die("backup", place, "ledger_entry")
    assert place.read_bytes() == old
    subscribe(cast)
    saved = snapshot()
    restore(back_up(place), replace=True)
    assert snapshot() == saved
    assert not list(tmp_path.glob("*.part"))


def test_killed_in_the_middle_a_restore_leaves_everything_as_it_was(cast: Cast, tmp_path: Path) -> None:
    file = back_up(tmp_path / "one.backup")
    subscribe(cast)
    before = snapshot()
    die("restore", file, "ledger_entry")
    assert snapshot() == before
    subscribe(cast)
    call_command("verify", stdout=io.StringIO())


def test_a_full_disk_leaves_the_backup_before_and_says_so(tmp_path: Path) -> None:
    place = tmp_path / "one.backup"
    old = back_up(place).read_bytes()
    env = unmeasured(environment(DATABASE_URL=database_url(), DATA_DIR=str(tmp_path)))
    command = f"ulimit -f 8; exec '{sys.executable}' manage.py backup --to '{place}'"  # blocks of 1 kB or half of it
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "No backup was made" in done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert place.read_bytes() == old
    assert not list(tmp_path.glob("*.part"))


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket in a server that speaks S3."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = Process(command, cwd=tmp_path, env=environment(), log=tmp_path / "s3.log")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
    wait_until(lambda: not is_free(port), "the bucket's server listens", process)
    boto3.client("s3").create_bucket(Bucket="safe")
    yield "s3://safe"
    process.kill_group()


def test_a_bucket_keeps_backups_as_a_folder_does(cast: Cast, bucket: str) -> None:
    saved, said = snapshot(), io.StringIO()
    call_command("backup", to=f"{bucket}/daily/", keep=1, json=True, stdout=said)
    place = json.loads(said.getvalue())["place"]
    subscribe(cast)
    for _ in range(2):  # at the top, where none of what is deeper counts
        call_command("backup", to=f"{bucket}/", keep=1, json=True, stdout=io.StringIO())
    call_command("restore", place, replace=True, json=True, stdout=io.StringIO())
    assert snapshot() == saved
    with pytest.raises(CommandError, match="NoSuchKey"):
        call_command("restore", f"{bucket}/daily/none.backup", replace=True)
    with pytest.raises(CommandError, match="NoSuchBucket"):
        call_command("backup", to="s3://none/x.backup")
    assert snapshot() == saved
