"""Notices for programs."""

from __future__ import annotations

import uuid

import pytest

from accounts.models import User
from conftest import Cast
from events.models import Event
from notifications import queries
from notifications.models import Declined
from notifications.queries import notices_of, unread_count
from notifications.tests.mailing import arrive, envelope, hand_over, notice_id, settle_past, subscribed
from tests.api import Api, refused


@pytest.fixture(autouse=True)
def quiet_past(cast: Cast) -> None:
    settle_past()


@pytest.fixture
def api(cast: Cast) -> Api:
    return Api(cast.ana.user)


def test_a_notice_says_what_happened_for_people_and_for_programs(cast: Cast, api: Api) -> None:
    receipt = subscribed(cast.ana)
    arrive()
    body = api.get("notifications?limit=1").json()
    (notice,) = body["results"]
    assert notice["id"]
    assert notice["created_at"]
    assert {name: notice[name] for name in ("kind", "topic", "title", "text", "path", "data", "read_at")} == {
        "kind": "funds.subscribed",
        "topic": "funds",
        "title": "Suscripción confirmada",
        "text": "Suscribió $\xa0125.000,00 a FPV_BTG_PACTUAL_ECOPETROL.",
        "path": f"/comprobantes/{receipt.transaction_id}/",
        "data": {
            "transaction_id": str(receipt.transaction_id),
            "fund_id": 2,
            "fund_name": "FPV_BTG_PACTUAL_ECOPETROL",
            "amount": "125000.00",
            "currency": "COP",
        },
        "read_at": None,
    }
    following = api.browser.get(body["next"], headers=api.headers).json()
    assert [one["kind"] for one in following["results"]] == ["accounts.user_registered"]
    assert following["next"] is following["next_cursor"] is None


def test_notices_are_said_in_the_language_asked_for(cast: Cast) -> None:
    subscribed(cast.ana)
    arrive()
    answer = Api(cast.ana.user).get("notifications", Accept_Language="en").json()
    assert "125,000.00" in answer["results"][0]["text"]


def test_reading_one_and_all(cast: Cast, api: Api) -> None:
    subscribed(cast.ana)
    arrive()
    assert api.get("notifications/unread").json() == {"unread": 2}
    newest = api.get("notifications?unread=true").json()["results"][0]["id"]
    read = api.post(f"notifications/{newest}/read")
    assert (read.status_code, read.json()["id"]) == (200, newest)
    assert api.post(f"notifications/{newest}/read").json()["read_at"] == read.json()["read_at"]
    assert [one["kind"] for one in api.get("notifications?unread=true").json()["results"]] == [
        "accounts.user_registered"
    ]
    assert api.post("notifications/read-all").json() == {"read": 1}
    assert api.get("notifications/unread").json() == {"unread": 0}
    assert Api(cast.beto.user).get("notifications/unread").json() == {"unread": 1}


def test_somebody_elses_is_as_absent_as_none(cast: Cast, api: Api) -> None:
    one = envelope("accounts.password_changed", {"user_id": cast.beto.user_id})
    hand_over(one)
    for wanted in (notice_id(one.id, cast.beto.user_id), uuid.uuid4()):
        refused(api.post(f"notifications/{wanted}/read"), 404, "notification_not_found")
    assert unread_count(cast.beto.user_id) == 2
    assert one.id not in {row.id for row in notices_of(cast.ana.user_id).rows}


@pytest.mark.parametrize("path", ["notifications", "notifications/unread", "notifications/preferences"])
def test_nobody_is_told_anything_without_signing_in(path: str) -> None:
    refused(Api().get(path), 401, "not_authenticated")


@pytest.mark.parametrize("query", ["cursor=x", "limit=0", "limit=101", "unread=perhaps"])
def test_a_question_that_makes_no_sense_is_refused(api: Api, query: str) -> None:
    assert api.get(f"notifications?{query}").status_code == 400


def test_a_store_that_is_down_is_said(cast: Cast, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    class Down:
        def __getattr__(self, name: str) -> None:
            raise queries.NoticesUnavailable

    api.browser.raise_request_exception = False
    with monkeypatch.context() as down:
        down.setattr(queries.Notification, "objects", Down())
        for path in ("notifications", "notifications/unread"):
            refused(api.get(path), 503, "notifications_unavailable")
    assert api.get("notifications/unread").json() == {"unread": 1}


def test_preferences_are_read_and_changed_in_part(cast: Cast, api: Api) -> None:
    before = {"channel": "email", "destination": "ana@example.com", "language": "es", "declined": []}
    assert api.get("notifications/preferences").json() == before
    put = lambda body: api.browser.put(  # noqa: E731
        "/api/v1/notifications/preferences", body, content_type="application/json", headers=api.headers
    )
    assert put({"declined": ["transfers", "funds", "funds"]}).json() == {**before, "declined": ["funds", "transfers"]}
    phone = {"channel": "sms", "destination": "+57 300 123 4567"}
    now = put({**phone, "language": "en"}).json()
    assert now == {**before, **phone, "language": "en", "declined": ["funds", "transfers"]}
    assert put({}).json() == now
    events = Event.objects.count()
    for body, status, code in (
        ({"declined": ["security"], "language": "es"}, 400, "mandatory_topic"),
        ({"declined": ["account"]}, 400, "mandatory_topic"),
        ({"declined": ["gossip"]}, 400, "invalid_choice"),
        ({"channel": "email"}, 400, "invalid"),
        ({"destination": "nowhere", "declined": []}, 400, "invalid"),
        ({"language": "fr"}, 400, "invalid_choice"),
    ):
        refused(put(body), status, code)
    assert api.get("notifications/preferences").json() == now
    assert Event.objects.count() == events
    assert "destination" in put({"destination": "nowhere"}).json()["errors"]


def test_staff_have_no_channel_to_choose(cast: Cast) -> None:
    api = Api(cast.support)
    assert api.get("notifications/preferences").json()["destination"] == "support@example.com"
    answer = api.browser.put(
        "/api/v1/notifications/preferences", {"channel": "sms"}, content_type="application/json", headers=api.headers
    )
    assert list(refused(answer, 400, "invalid")["errors"]) == ["channel"]
    assert not Declined.objects.exists()
    assert User.objects.get(pk=cast.support.pk).language == "es"


@pytest.mark.parametrize("language", ["pt-br", "en", "fr", ""])
def test_whoever_registers_is_written_to_in_the_language_they_asked_in(language: str) -> None:
    body = {"email": "x@test.com", "full_name": "X Y", "password": "Segredo-2026x"}
    notices = {"notify_channel": "email", "notify_destination": "x@test.com"}
    assert Api().post("auth/register", {**body, **notices}, Accept_Language=language).status_code == 201
    assert User.objects.get(email="x@test.com").language == (language if language in ("pt-br", "en") else "es")
