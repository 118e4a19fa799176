"""What staff see of what was sent, and sending it again."""

from __future__ import annotations

import pytest

from conftest import Cast
from events.models import Event
from notifications.models import Attempt, Delivery
from notifications.tests.mailing import arrive, settle_past, subscribed, told
from tests.pages import browser_of

LIST = "/admin/notifications/delivery/"


@pytest.fixture
def delivery(cast: Cast) -> Delivery:
    settle_past()
    subscribed(cast.ana)
    arrive()
    told()
    return Delivery.objects.get(kind="funds.subscribed")


def test_a_delivery_is_shown_with_every_attempt_and_found_by_whom_it_went_to(cast: Cast, delivery: Delivery) -> None:
    browser = browser_of(cast.reader)
    for words in (str(delivery.event_id), str(cast.ana.user_id), "ana@example.com", "ana"):
        assert b"Suscripci\xc3\xb3n confirmada" in browser.get(LIST, {"q": words}).content, words
    assert b"Suscripci\xc3\xb3n confirmada" not in browser.get(LIST, {"q": "beto"}).content
    page = browser.get(f"{LIST}{delivery.pk}/change/").content.decode()
    assert page.count("locmem") == 1
    assert "ana@example.com" in page
    for address in (f"{LIST}add/", f"{LIST}{delivery.pk}/change/", f"{LIST}{delivery.pk}/delete/"):
        assert browser.post(address, {"state": "sent", "post": "yes"}).status_code == 403


def test_support_sends_again_and_it_is_on_record_who_did(cast: Cast, delivery: Delivery) -> None:
    form = {"action": "send_again", "_selected_action": str(delivery.pk)}
    answer = browser_of(cast.support).post(LIST, form, follow=True)
    assert "1 aviso se enviará de nuevo." in answer.content.decode()
    again = browser_of(cast.support).post(LIST, form, follow=True)
    assert "Ese aviso todavía está por enviarse." in again.content.decode()
    arrive()
    assert [letter.to for letter in told()] == [["ana@example.com"]]
    assert Attempt.objects.filter(delivery=delivery).count() == 2
    assert Event.objects.get(name="notifications.resent").actor_id == cast.support.pk


def test_readers_and_clients_send_nothing(cast: Cast, delivery: Delivery) -> None:
    form = {"action": "send_again", "_selected_action": str(delivery.pk)}
    assert "send_again" not in browser_of(cast.reader).get(LIST).content.decode()
    for user in (cast.reader, cast.ana.user):
        browser_of(user).post(LIST, form)
    delivery.refresh_from_db()
    assert delivery.state == "sent"
    assert not Event.objects.filter(name="notifications.resent").exists()
