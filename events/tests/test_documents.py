"""The archive: every event once in both collections, however often and in whatever order it arrives.

Runs against the documents in PostgreSQL, and once more in MongoDB (fundsite/tests/test_mongodb.py).
"""

from __future__ import annotations

import random
import uuid
from datetime import datetime

import pytest
from django.db import IntegrityError
from django.db.models import Count

from core.request_context import RequestContext, bound
from events.audit import verify_audit
from events.consumers.documents import Documents
from events.documents.models import AuditLog, BusinessEvent, Notification
from events.documents.records import ARCHIVER, envelope_of_log
from events.envelope import Envelope
from events.inbox import deliver
from events.models import InboxItem, InboxState, Seal
from events.sealing import envelopes_of, seal
from events.services import record
from events.tests.trail import OTHER, USER, archive, happen


@pytest.fixture(autouse=True)
def store(documents: None) -> None:
    """Every test here is about it."""


def waiting() -> list[Envelope]:
    """Everything recorded so far, sealed, as a relay would hand it over."""
    while seal():
        pass
    return envelopes_of(Seal.objects.select_related("event").order_by("position"))


def archived() -> tuple[int, int]:
    return BusinessEvent.objects.count(), AuditLog.objects.count()


def test_an_event_is_archived_for_business_and_for_audit() -> None:
    with bound(RequestContext(request_id="request-1", ip="192.0.2.7", path="/api/v1/x", role="user")):
        event_id = record("accounts.mfa_enabled", {"user_id": OTHER, "kind": "totp"}, actor_id=USER)
    archive()
    event, log = BusinessEvent.objects.get(pk=event_id), AuditLog.objects.get(pk=event_id)
    assert (event.name, event.version, event.holder_id, event.actor_id) == ("accounts.mfa_enabled", 1, OTHER, USER)
    assert event.payload == log.payload == {"user_id": str(OTHER), "kind": "totp"}
    assert (log.event_type, log.user_id, log.role) == ("MFA_ENABLED", USER, "user")
    assert (log.ip, log.path, log.request_id) == ("192.0.2.7", "/api/v1/x", "request-1")
    assert log.position == event.position == Seal.objects.get(event__id=event_id).position
    assert log.ts == event.ts
    assert abs((log.ts - datetime.fromisoformat(log.recorded_at)).total_seconds()) < 0.001


def test_what_nobody_in_particular_did_has_neither_user_nor_holder() -> None:
    event_id = record("accounts.login_failed", {"identifier": "x", "user_id": None})
    archive()
    assert AuditLog.objects.get(pk=event_id).user_id is None
    assert BusinessEvent.objects.get(pk=event_id).holder_id is None
    assert event_id in BusinessEvent.objects.filter(holder_id__isnull=True).values_list("pk", flat=True)


def test_where_a_call_claims_to_come_from_cannot_keep_it_out_of_the_archive() -> None:
    with bound(RequestContext(ip="x" * 5000, path="/\0" + "é" * 5000)):
        event_id = record("accounts.login_failed", {"identifier": "x", "user_id": None})
    archive()
    log = AuditLog.objects.get(pk=event_id)
    assert (len(log.ip), log.path[:3], len(log.path)) == (64, "/éé", 2047)
    assert verify_audit().ok


def test_a_payload_comes_back_as_it_went_in_and_its_hash_still_fits() -> None:
    fields = ["ñandú 🦤", "\u2028", '"', "", "a.b$c", "x" * 500]
    event_id = record("accounts.profile_updated", {"user_id": USER, "fields": fields})
    archive()
    log = AuditLog.objects.get(pk=event_id)
    assert log.payload["fields"] == fields
    assert envelope_of_log(log).sealed_hash() == log.hash


def test_a_second_delivery_adds_nothing_even_if_the_first_was_not_marked() -> None:
    happen(5)
    envelopes = waiting()
    Documents().handle(envelopes[:3])  # and killed before its inbox was committed
    deliver(Documents(), envelopes)
    deliver(Documents(), envelopes, suspicious=True)
    Documents().handle(envelopes)
    assert archived() == (len(envelopes), len(envelopes))
    assert verify_audit().ok


def test_a_batch_that_was_half_written_is_completed() -> None:
    happen(5)
    envelopes = waiting()
    Documents().handle(envelopes)
    AuditLog.objects.filter(position__gte=3).delete()
    BusinessEvent.objects.filter(position=1).delete()
    deliver(Documents(), envelopes)
    assert archived() == (len(envelopes), len(envelopes))


def test_the_order_of_arrival_makes_no_difference() -> None:
    happen(12)
    envelopes = waiting()
    random.Random(7).shuffle(envelopes)
    for start in range(0, len(envelopes), 4):
        deliver(Documents(), envelopes[start : start + 4])
    assert verify_audit().ok
    assert [log.position for log in AuditLog.objects.order_by("position")] == list(range(1, len(envelopes) + 1))


def test_a_place_that_is_taken_is_not_written_over_and_the_reason_is_kept() -> None:
    happen(2)
    *others, last = waiting()
    deliver(Documents(), others)
    AuditLog.objects.filter(position=1).update(position=last.position)
    assert deliver(Documents(), [last]) == [last]
    item = InboxItem.objects.get(consumer=ARCHIVER, event_id=last.id)
    assert item.state == InboxState.PARKED
    assert "duplicate key" in item.reason
    assert "position" in item.reason
    assert not AuditLog.objects.filter(pk=last.id).exists()


def test_a_document_that_is_there_is_left_as_it_is() -> None:
    happen(1)
    envelopes = waiting()
    Documents().handle(envelopes)
    AuditLog.objects.filter(position=1).update(ip="192.0.2.99")
    Documents().handle(envelopes)
    assert AuditLog.objects.get(position=1).ip == "192.0.2.99"  # altering shows; writing over would hide it
    assert not verify_audit().ok


def test_documents_are_found_by_who_what_when_and_by_a_key_of_their_payload() -> None:
    ids = happen(6)
    archive()
    whole = BusinessEvent.objects.filter(name="accounts.mfa_enabled")
    assert set(whole.values_list("pk", flat=True)) == set(ids)
    assert list(whole.filter(holder_id=OTHER).order_by("-ts", "-position").values_list("pk", flat=True)) == ids[5::-2]
    assert whole.get(payload__kind="totp 4").pk == ids[4]
    moment = whole.get(pk=ids[2]).ts
    assert set(whole.filter(ts__gte=moment).values_list("pk", flat=True)) >= set(ids[2:])
    assert not whole.filter(ts__lt=moment, pk=ids[2]).exists()
    counted = AuditLog.objects.values("event_type").annotate(number=Count("pk")).order_by("event_type")
    assert {row["event_type"]: row["number"] for row in counted}["MFA_ENABLED"] == 6


def test_keys_are_the_given_ones_and_unique() -> None:
    row = {
        "user_id": USER,
        "event_id": OTHER,
        "kind": "funds.subscribed",
        "params": {},
        "ts": datetime.now().astimezone(),
    }
    Notification.objects.create(id=uuid.UUID(int=1), **row)
    assert Notification.objects.get(pk=uuid.UUID(int=1)).read_at is None
    with pytest.raises(IntegrityError):
        Notification.objects.bulk_create([Notification(id=uuid.UUID(int=1), **row)])
