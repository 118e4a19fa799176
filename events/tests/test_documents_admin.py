"""The documents in the admin: found, filtered by date, shown as JSON, and changed by nobody.

Runs against the documents in PostgreSQL, and once more in MongoDB (fundsite/tests/test_mongodb.py).
"""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.test import Client as Browser
from django.utils import timezone

from conftest import Cast
from core.request_context import RequestContext, bound
from events.documents.models import AuditLog, BusinessEvent, Notification
from events.models import InboxItem, InboxState
from events.services import record
from events.tests.trail import OTHER, USER, archive
from tests.pages import browser_of

PAGES = {"auditlog": AuditLog, "businessevent": BusinessEvent, "notification": Notification}


@pytest.fixture(autouse=True)
def event_id(documents: None) -> uuid.UUID:
    """An event of three days ago that is archived and told, among others."""
    with time_machine.travel(timezone.now() - timedelta(days=3)):
        archive()
        moment = timezone.now()
    with bound(RequestContext(ip="192.0.2.7", path="/api/v1/x")):
        event_id = record("accounts.mfa_enabled", {"user_id": OTHER, "kind": "totp <ñ>"}, actor_id=USER)
    archive()
    for model in (AuditLog, BusinessEvent):
        model.objects.filter(pk=event_id).update(ts=moment)
    for key in (event_id, uuid.UUID(int=99)):
        Notification.objects.create(
            id=key,
            user_id=OTHER,
            event_id=event_id,
            kind="accounts.mfa_enabled",
            params={"kind": "totp <ñ>"},
            ts=moment,
        )
    return event_id


@pytest.fixture
def admin(cast: Cast) -> Browser:
    return browser_of(cast.admin)


def rows_in(browser: Browser, page: str, **asked: object) -> int:
    answer = browser.get(f"/admin/documents/{page}/", {name: str(value) for name, value in asked.items()})
    assert answer.status_code == 200, answer
    return len(re.findall(rb'<th class="field-', answer.content))


@pytest.mark.parametrize("page", PAGES)
def test_documents_are_found_by_whole_names_and_identifiers_and_by_date(
    admin: Browser, page: str, event_id: uuid.UUID
) -> None:
    everything = PAGES[page].objects.count()
    assert rows_in(admin, page) == everything >= 2
    users = {"auditlog": USER, "businessevent": OTHER, "notification": OTHER}
    ours = 2 if page == "notification" else 1
    assert rows_in(admin, page, q=event_id) == ours
    assert rows_in(admin, page, q=users[page]) == ours
    assert rows_in(admin, page, q="accounts.mfa_enabled") == ours
    assert rows_in(admin, page, q=uuid.UUID(int=1234)) == 0
    assert rows_in(admin, page, q="mfa_% '") == 0
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    assert rows_in(admin, page, ts__gte=today - timedelta(days=7), ts__lt=today + timedelta(days=1)) == everything
    assert rows_in(admin, page, ts__gte=today, ts__lt=today + timedelta(days=1)) == everything - ours


@pytest.mark.parametrize("page", PAGES)
def test_what_a_document_holds_is_shown_as_json(admin: Browser, page: str, event_id: uuid.UUID) -> None:
    html = admin.get(f"/admin/documents/{page}/{event_id}/change/").content.decode()
    assert '<pre class="json">{\n  &quot;kind&quot;: &quot;totp &lt;ñ&gt;&quot;' in html


@pytest.mark.parametrize("page", PAGES)
def test_documents_can_only_be_looked_at(admin: Browser, cast: Cast, page: str, event_id: uuid.UUID) -> None:
    model = PAGES[page]
    before = list(model.objects.order_by("pk").values())
    for address in ("add/", f"{event_id}/change/", f"{event_id}/delete/"):
        assert admin.post(f"/admin/documents/{page}/{address}", {"post": "yes"}).status_code == 403
    deletion = {"action": "delete_selected", "_selected_action": str(event_id), "post": "yes"}
    admin.post(f"/admin/documents/{page}/", deletion)
    assert list(model.objects.order_by("pk").values()) == before
    assert browser_of(cast.ana.user).get(f"/admin/documents/{page}/", follow=True).status_code == 403


def test_a_message_set_aside_is_shown_with_its_reason(admin: Browser, event_id: uuid.UUID) -> None:
    InboxItem.objects.filter(event_id=event_id).update(state=InboxState.PARKED, reason="ValueError: no fund 9")
    answer = admin.get("/admin/events/inboxitem/", {"state__exact": "parked"})
    html = answer.content.decode()
    assert "ValueError: no fund 9" in html
    assert str(event_id) in html
    assert len(re.findall('<th class="field-', html)) == 1
    item = InboxItem.objects.get(event_id=event_id)
    assert admin.post(f"/admin/events/inboxitem/{item.pk}/change/", {"state": "done"}).status_code == 403
    assert InboxItem.objects.get(pk=item.pk).state == InboxState.PARKED
