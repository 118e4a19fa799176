"""What only a document store in MongoDB has. Run by test_mongodb.py, with MONGODB_URL."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from bson import Binary
from django.db import connections
from pymongo import MongoClient
from pymongo.collection import Collection

from events.audit import Fault, Place, verify_audit
from events.consumers.documents import Documents
from events.documents.models import AuditLog
from events.documents.routing import documents_alias
from events.inbox import Unavailable, deliver
from events.models import Event, InboxItem, Seal
from events.tests.test_documents import archived, waiting
from events.tests.trail import archive, happen
from fundsite.tests.processes import free_port


@pytest.fixture(autouse=True)
def store(documents: None) -> None:
    assert documents_alias() == "documents"


def raw(name: str) -> Collection:
    return connections["documents"].get_collection(name)


def test_the_uuid_is_mongodbs_own_key_and_the_indexes_are_there() -> None:
    (event_id,) = happen(1)
    archive()
    document = raw("audit_logs").find_one({"name": "accounts.mfa_enabled"})
    assert document is not None
    assert uuid.UUID(document["_id"]) == event_id
    assert "id" not in document
    keys = {tuple(index["key"].items()): index.get("unique", False) for index in raw("audit_logs").list_indexes()}
    assert keys[("position", 1),] is True
    beginnings = {key[:2] for key in keys} | {key[:1] for key in keys}
    assert {(("ts", -1),), (("user_id", 1), ("ts", -1)), (("event_type", 1), ("ts", -1))} < beginnings


def test_nothing_of_it_is_in_postgresql_and_nothing_else_is_here() -> None:
    happen(2)
    archive()
    in_postgresql = connections["default"].introspection.table_names()
    assert not {"audit_logs", "business_events", "notifications"} & set(in_postgresql)
    here = {name for name in connections["documents"].introspection.table_names() if raw(name).find_one()}
    assert here == {"audit_logs", "business_events", "django_migrations"}


def test_writes_are_majority_acknowledged_and_journaled_whatever_the_address_says() -> None:
    concern = raw("audit_logs").write_concern
    assert (concern.document["w"], concern.document["j"]) == ("majority", True)
    assert raw("audit_logs").read_concern.level == "majority"


@pytest.fixture
def out_of_order(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The store at an address where nobody listens."""
    client: MongoClient[dict[str, object]] = MongoClient(
        "127.0.0.1", free_port(), serverSelectionTimeoutMS=100, connectTimeoutMS=100
    )
    monkeypatch.setattr(connections["documents"], "database", client["nowhere"])
    yield monkeypatch
    client.close()


def test_while_the_store_is_down_events_wait_and_none_is_blamed(out_of_order: pytest.MonkeyPatch) -> None:
    happen(3)
    envelopes = waiting()
    for suspicious in (False, True):
        with pytest.raises(Unavailable, match="documents: "):
            deliver(Documents(), envelopes, suspicious=suspicious)
    with pytest.raises(Unavailable):
        verify_audit()
    assert not InboxItem.objects.filter(attempts__gt=0).exists()
    out_of_order.undo()
    assert deliver(Documents(), envelopes) == []
    assert archived() == (len(envelopes), len(envelopes)) == (Event.objects.count(),) * 2
    assert verify_audit().ok


@pytest.mark.parametrize(
    "damage",
    [
        {"$set": {"user_id": "no uuid"}},
        {"$set": {"user_id": Binary(b"x")}},
        {"$set": {"payload": {"kind": Binary(b"x")}}},
        {"$set": {"payload": "text"}},
        {"$set": {"ts": "yesterday"}},
        {"$set": {"version": 1.0}},
        {"$unset": {"recorded_at": ""}},
        {"$set": {"hash": None}},
        {"$rename": {"payload": "payloads"}},
    ],
    ids=str,
)
def test_a_document_of_no_known_shape_is_named_and_stops_nothing(damage: dict[str, object]) -> None:
    happen(4)
    archive()
    position = 3
    raw("audit_logs").update_one({"position": position}, damage)
    report = verify_audit()
    assert report.checked == Seal.objects.count() == AuditLog.objects.count()
    assert report.broken == 1, report.findings
    assert report.first is not None
    assert (report.first.position, report.first.place, report.first.fault) == (
        position,
        Place.AUDIT_LOGS,
        Fault.ALTERED,
    )


def test_a_position_that_is_none_is_missing_from_its_place() -> None:
    happen(4)
    archive()
    raw("audit_logs").update_one({"position": 3}, {"$set": {"position": "three"}})
    first = verify_audit().first
    assert first is not None
    assert (first.position, first.place, first.fault) == (3, Place.AUDIT_LOGS, Fault.MISSING)
