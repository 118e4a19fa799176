"""Lists of the archive: newest first, narrowed together, no row twice and none left out.

Runs against the documents in PostgreSQL, and once more in MongoDB (test_mongodb.py).
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from core.paging import InvalidCursor
from events import lookups
from events.documents.models import AuditLog, BusinessEvent
from events.services import record
from events.tests.trail import OTHER, USER, archive


@pytest.fixture(autouse=True)
def store(documents: None) -> None:
    """Every test here is about it."""


def happen(times: int, *, holder: uuid.UUID = USER, name: str = "accounts.sessions_ended") -> None:
    for _ in range(times):
        record(name, {"user_id": holder}, actor_id=OTHER)


def walk(limit: int, **wanted: object) -> list[list[int]]:
    """The positions on each page, to the last one; something new happens between any two."""
    pages, cursor = [], None
    while True:
        page = lookups.business_events(cursor=cursor, limit=limit, **wanted)  # type: ignore[arg-type]
        pages.append([row.position for row in page.rows])
        if (cursor := page.next_cursor) is None:
            return pages
        happen(1)
        archive()


@pytest.mark.parametrize("same_moment", [False, True])
@pytest.mark.parametrize("limit", [1, 3, 10])
def test_pages_neither_repeat_nor_skip_while_more_happens(same_moment: bool, limit: int) -> None:
    happen(10)
    archive()
    if same_moment:
        BusinessEvent.objects.update(ts=timezone.now())
    there = sorted(BusinessEvent.objects.values_list("position", flat=True), reverse=True)
    pages = walk(limit)
    assert [position for page in pages for position in page] == there
    assert all(len(page) == limit for page in pages[:-1])


def test_filters_narrow_together() -> None:
    happen(3)
    happen(2, holder=OTHER)
    happen(1, name="accounts.logged_out")
    archive()

    def count(**wanted: object) -> int:
        return len(lookups.business_events(**wanted).rows)  # type: ignore[arg-type]

    assert count(name="accounts.sessions_ended") == 5
    assert count(holders=[USER]) == 4
    assert count(holders=[USER, OTHER]) == 6
    assert count(holders=[]) == 0
    assert count(name="accounts.sessions_ended", holders={USER}) == 3
    assert count(name="accounts.sessions_ended", since=timezone.localdate(), until=timezone.localdate()) == 5
    assert count(name="accounts.sessions_ended", until=timezone.localdate() - timedelta(days=1)) == 0
    assert count(name="accounts.sessions_ended", since=timezone.localdate() + timedelta(days=1)) == 0
    assert len(lookups.audit_logs(event_type="LOGOUT", users=[OTHER]).rows) == 1
    assert not lookups.audit_logs(event_type="LOGOUT", users=[USER]).rows


def test_a_day_begins_and_ends_where_the_product_is() -> None:
    happen(2)
    archive()
    (midnight, noon) = AuditLog.objects.filter(name="accounts.sessions_ended").order_by("position")
    day = date(2026, 3, 1)
    start = timezone.make_aware(datetime(2026, 3, 1))
    AuditLog.objects.filter(pk=midnight.pk).update(ts=start)
    AuditLog.objects.filter(pk=noon.pk).update(ts=start + timedelta(hours=23, minutes=59))
    assert len(lookups.audit_logs(since=day, until=day).rows) == 2
    assert not lookups.audit_logs(until=day - timedelta(days=1)).rows


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_first_and_the_last_day_there_are_do_no_harm(day: date) -> None:
    assert not lookups.business_events(since=day, until=day).rows


def test_a_cursor_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidCursor):
        lookups.business_events(cursor="f_________8")


def test_a_document_of_no_known_shape_is_said_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    happen(1)
    archive()
    log = AuditLog.objects.latest("position")

    def unreadable(*_row: object) -> AuditLog:
        raise ValueError("badly formed hexadecimal UUID string")

    monkeypatch.setattr(AuditLog, "from_db", unreadable)
    for look in (lookups.audit_logs, lambda: lookups.audit_log(log.pk)):
        with pytest.raises(lookups.ArchiveUnreadable):
            look()


def test_an_event_that_never_was_is_not_found() -> None:
    with pytest.raises(lookups.EventNotFound):
        lookups.audit_log(uuid.uuid4())
    with pytest.raises(lookups.EventNotFound):
        lookups.story(uuid.uuid4(), consumers=["documents"])
