"""Backups of a product whose documents live in MongoDB. Run by test_mongodb.py, with MONGODB_URL."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections, models
from django.utils import timezone
from django_mongodb_backend.base import DatabaseWrapper
from pymongo import MongoClient
from pymongo.errors import AutoReconnect
from pytest_django.fixtures import Settings

from conftest import Cast
from core.tests.snapshots import snapshot
from events import relay
from events.audit import verify_audit
from events.documents.models import AuditLog, BusinessEvent, Notification
from events.documents.routing import documents_alias
from events.transport import Direct
from fundsite.backup import dump, load, safety, storage
from fundsite.pipeline import consumers
from fundsite.tests.processes import free_port
from tests.api import Api

pytestmark = pytest.mark.usefixtures("real_commits", "documents")
MODELS: tuple[type[models.Model], ...] = (BusinessEvent, AuditLog, Notification)


@pytest.fixture(autouse=True)
def _data_dir(settings: Settings, tmp_path: Path) -> None:
    assert documents_alias() == "documents"
    settings.DATA_DIR = str(tmp_path / "data")
    Path(settings.DATA_DIR).mkdir()


def store() -> DatabaseWrapper:
    return connections["documents"]


def happen(cast: Cast) -> None:
    """A subscription, carried all the way."""
    assert Api(cast.ana.user).subscribe().status_code == 201
    relay.drain(Direct(consumers()))


def stored() -> dict[str, list[dict[str, object]]]:
    """Every document as MongoDB itself has it: values, their types and the order of what they are made of."""
    found = {}
    for model in MODELS:
        name = model._meta.db_table
        found[name] = list(store().get_collection(name).find().sort("_id"))
    return found


def back_up(place: Path) -> Path:
    call_command("backup", to=str(place), json=True, stdout=io.StringIO())
    return place


def restore(file: Path) -> None:
    call_command("restore", str(file), replace=True, json=True, stdout=io.StringIO())


def test_documents_come_back_as_they_were_and_there_is_a_way_back(cast: Cast, tmp_path: Path) -> None:
    happen(cast)
    Notification.objects.update(read_at=timezone.now())
    saved = (snapshot(), stored())
    assert all(saved[1].values()), "there is one of each kind"
    file = back_up(tmp_path / "one.backup")
    happen(cast)
    later = (snapshot(), stored())
    assert later[1] != saved[1]
    restore(file)
    assert (snapshot(), stored()) == saved
    assert verify_audit().ok
    call_command("rollback", json=True, stdout=io.StringIO())
    assert (snapshot(), stored()) == later
    assert verify_audit().ok


def test_the_manifest_counts_documents_and_they_are_in_pieces_of_their_own(cast: Cast, tmp_path: Path) -> None:
    happen(cast)
    with tarfile.open(back_up(tmp_path / "one.backup")) as tar:
        entry = tar.extractfile("manifest.json")
        assert entry
        manifest = json.load(entry)
        for model in MODELS:
            name = f"documents/{model._meta.db_table}"
            assert manifest["rows"][name] == model._default_manager.count()
            assert f"{name}/000000.zst" in tar.getnames()


def test_what_happens_while_a_backup_is_made_is_not_in_its_documents_either(cast: Cast, tmp_path: Path) -> None:
    """Otherwise the next events after a restore would meet documents at their positions."""
    happen(cast)
    saved = stored()

    def progress(what: str, done: int, total: int) -> None:
        if what == "business_events":
            thread = threading.Thread(target=in_a_connection_of_its_own)
            thread.start()
            thread.join(20)

    def in_a_connection_of_its_own() -> None:
        try:
            happen(cast)
        finally:
            connections.close_all()

    place = tmp_path / "one.backup"
    with storage.writing(str(place)) as target:
        dump.write_backup(target, progress)
    assert stored() != saved
    restore(place)
    assert stored() == saved
    happen(cast)
    assert verify_audit().ok


@pytest.fixture
def out_of_order(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The store at an address where nobody listens."""
    client: MongoClient[dict[str, object]] = MongoClient(
        "127.0.0.1", free_port(), serverSelectionTimeoutMS=100, connectTimeoutMS=100
    )
    with monkeypatch.context() as patch:
        patch.setattr(store(), "database", client["nowhere"])
        yield patch
    client.close()


def test_while_the_store_is_down_no_backup_is_made(
    cast: Cast, tmp_path: Path, out_of_order: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandError, match="No backup was made: documents: "):
        back_up(tmp_path / "one.backup")
    assert not list(tmp_path.glob("one*"))


def test_cleaning_up_says_that_documents_are_left_and_takes_them_the_next_time(
    cast: Cast, request: pytest.FixtureRequest
) -> None:
    happen(cast)
    out_of_order: pytest.MonkeyPatch = request.getfixturevalue("out_of_order")
    with pytest.raises(CommandError, match="The database is emptied, the documents are not: documents: "):
        call_command("clean_up", yes=True)
    out_of_order.undo()
    assert any(stored().values())
    call_command("clean_up", yes=True, stdout=io.StringIO())
    assert not any(stored().values())


def test_a_store_that_fails_during_a_restore_leaves_a_way_back_and_forth(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happen(cast)
    saved, file = (snapshot(), stored()), back_up(tmp_path / "one.backup")
    happen(cast)
    later = (snapshot(), stored())
    with monkeypatch.context() as patch:
        patch.setattr(load, "_insert", fails)
        with pytest.raises(CommandError, match="The database is restored, the documents are not: "):
            restore(file)
    assert snapshot() == saved[0]
    kept = Path(tmp_path / "way-back")
    kept.write_bytes(safety.kept().read_bytes())
    restore(file)
    assert (snapshot(), stored()) == saved
    restore(kept)
    assert (snapshot(), stored()) == later


def fails(*_arguments: object) -> None:
    raise AutoReconnect("gone")


def test_a_document_of_no_known_shape_is_a_plain_refusal(cast: Cast, tmp_path: Path) -> None:
    happen(cast)
    store().get_collection("audit_logs").update_one({"position": 1}, {"$set": {"user_id": "no uuid"}})
    with pytest.raises(CommandError, match="audit_logs has a document of no known shape"):
        back_up(tmp_path / "one.backup")


def test_a_new_store_gets_its_indexes_with_the_documents(cast: Cast, tmp_path: Path) -> None:
    happen(cast)
    file, saved = back_up(tmp_path / "one.backup"), stored()
    client = store().database.client
    client.drop_database(store().database.name)
    restore(file)
    assert stored() == saved
    indexes = store().get_collection("audit_logs").list_indexes()
    assert any(index.get("unique") and list(index["key"]) == ["position"] for index in indexes)


def test_many_pieces_are_one_archive(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    happen(cast)
    monkeypatch.setattr("fundsite.backup.archive.PIECE", 1000)
    monkeypatch.setattr("fundsite.backup.load.BATCH", 2)
    saved = stored()
    file = back_up(tmp_path / "one.backup")
    happen(cast)
    restore(file)
    assert stored() == saved
    assert verify_audit().ok


def test_documents_that_are_not_yet_written_follow_after_a_restore(cast: Cast, tmp_path: Path) -> None:
    """The archive is behind the money, as it is at any moment: the relay goes on where the backup was."""
    happen(cast)
    assert Api(cast.ana.user).subscribe().status_code == 201
    file = back_up(tmp_path / "one.backup")
    relay.drain(Direct(consumers()))
    restore(file)
    relay.drain(Direct(consumers()))
    assert verify_audit().ok
    assert AuditLog.objects.count() == BusinessEvent.objects.count()


def test_a_drill_tries_the_documents_as_well(cast: Cast) -> None:
    happen(cast)
    before, said = (snapshot(), stored()), io.StringIO()
    call_command("backup", drill=True, json=True, stdout=said)
    assert json.loads(said.getvalue())["rows"] > sum(map(len, before[1].values()))
    assert (snapshot(), stored()) == before
