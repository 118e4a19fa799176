"""The pages of the notices, and the bell, without a script."""

from __future__ import annotations

import re
import uuid

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.models import User
from conftest import Cast
from events.models import Event
from notifications import queries
from notifications.models import Declined
from notifications.queries import notices_of, unread_count
from notifications.tests.mailing import arrive, envelope, hand_over, notice_id, settle_past, subscribed, told
from tests.pages import browser_of


@pytest.fixture(autouse=True)
def quiet_past(cast: Cast) -> None:
    settle_past()


def bell(browser: Browser, address: str = "/fondos/") -> str:
    found = re.search(r"data-unread[^>]*>([^<]*)<", browser.get(address).content.decode())
    assert found
    return found[1]


def test_the_bell_counts_what_is_unread_by_one_query(cast: Cast, browser_of_ana: Browser) -> None:
    assert bell(browser_of_ana) == "1"
    subscribed(cast.ana)
    arrive()
    with CaptureQueriesContext(connection) as asked:
        assert bell(browser_of_ana) == "2"
    assert len([one for one in asked.captured_queries if '"notifications"' in one["sql"]]) == 1
    browser_of_ana.post("/avisos/leidos/")
    assert bell(browser_of_ana) == ""
    assert "data-unread" not in Browser().get("/").content.decode()


def test_more_than_a_hundred_are_not_counted_on(
    cast: Cast, browser_of_ana: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "unread_count", lambda user_id: 100)
    assert bell(browser_of_ana) == "99+"


def test_a_store_that_is_down_leaves_pages_without_a_count_and_the_list_says_so(
    cast: Cast, browser_of_ana: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_args: object, **_kwargs: object) -> int:
        raise queries.NoticesUnavailable

    monkeypatch.setattr(queries, "badge", queries.Badge())
    monkeypatch.setattr(queries, "unread_count", down)
    monkeypatch.setattr(queries, "notices_of", down)
    assert bell(browser_of_ana) == ""
    answer = browser_of_ana.get("/avisos/")
    assert answer.status_code == 503
    assert "Su dinero y sus operaciones no se ven afectados." in answer.content.decode()


def test_the_list_has_what_is_unread_in_bold_and_leads_to_what_it_is_about(cast: Cast, browser_of_ana: Browser) -> None:
    receipt = subscribed(cast.ana)
    arrive()
    newest = notices_of(cast.ana.user_id).rows[0]
    page = browser_of_ana.get("/avisos/").content.decode()
    assert page.count('<li class="unread">') == 2
    assert page.index("Suscripción confirmada") < page.index("Le damos la bienvenida")
    answer = browser_of_ana.post(f"/avisos/{newest.id}/leido/")
    assert answer.headers["Location"] == f"/comprobantes/{receipt.transaction_id}/"
    page = browser_of_ana.get("/avisos/").content.decode()
    assert page.count('<li class="unread">') == 1
    assert f'href="/comprobantes/{receipt.transaction_id}/"' in page
    unread = browser_of_ana.get("/avisos/?sin-leer").content.decode()
    assert "Suscripción confirmada" not in unread
    assert "Le damos la bienvenida" in unread


def test_marking_all_leaves_what_arrived_after_the_page_was_made(cast: Cast, browser_of_ana: Browser) -> None:
    page = browser_of_ana.get("/avisos/").content.decode()
    until = re.search(r'name="until" value="([^"]+)"', page)
    assert until
    subscribed(cast.ana)
    arrive()
    answer = browser_of_ana.post("/avisos/leidos/", {"until": until[1]}, follow=True)
    assert "Marcó 1 aviso como leído." in answer.content.decode()
    assert [row.kind for row in notices_of(cast.ana.user_id, unread=True).rows] == ["funds.subscribed"]


def test_nobody_reads_or_marks_somebody_elses(cast: Cast, browser_of_ana: Browser) -> None:
    one = envelope("accounts.password_changed", {"user_id": cast.beto.user_id})
    hand_over(one)
    before = unread_count(cast.beto.user_id)
    for wanted in (notice_id(one.id, cast.beto.user_id), uuid.uuid4()):
        answer = browser_of_ana.post(f"/avisos/{wanted}/leido/")
        assert answer.status_code == 404
    browser_of_ana.post("/avisos/leidos/")
    assert unread_count(cast.beto.user_id) == before
    assert "Su contraseña cambió" not in browser_of_ana.get("/avisos/").content.decode()


def test_pages_are_for_those_who_are_signed_in_and_change_by_post_alone(cast: Cast, browser_of_ana: Browser) -> None:
    stranger, some = Browser(), notices_of(cast.ana.user_id).rows[0].id
    for address in ("/avisos/", "/avisos/preferencias/"):
        assert stranger.get(address).headers["Location"].startswith("/cuenta/ingreso/")
    for address in ("/avisos/leidos/", f"/avisos/{some}/leido/"):
        assert stranger.post(address).headers["Location"].startswith("/cuenta/ingreso/")
        assert browser_of_ana.get(address).status_code == 405
    assert unread_count(cast.ana.user_id) == 1


def test_a_long_list_has_pages(cast: Cast, browser_of_ana: Browser) -> None:
    hand_over(*(envelope("accounts.password_changed", {"user_id": cast.ana.user_id}) for _number in range(21)))
    first = browser_of_ana.get("/avisos/?sin-leer").content.decode()
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = browser_of_ana.get("/avisos/" + following[1].replace("&amp;", "&")).content.decode()
    assert (first.count('<li class="unread">'), second.count('<li class="unread">')) == (20, 2)
    assert browser_of_ana.get("/avisos/?cursor=x").status_code == 400


CHOSEN = {"channel": "sms", "destination": "+57 300 123 4567", "language": "en", "wanted": ["transfers"]}


def test_preferences_are_kept_and_heeded(cast: Cast, browser_of_ana: Browser) -> None:
    answer = browser_of_ana.post("/avisos/preferencias/", CHOSEN)
    assert answer.headers["Location"] == "/avisos/preferencias/"
    cast.ana.refresh_from_db()
    assert (cast.ana.notify_channel, cast.ana.notify_destination) == ("sms", "+57 300 123 4567")
    assert User.objects.get(pk=cast.ana.user_id).language == "en"
    assert list(Declined.objects.values_list("user_id", "topic")) == [(cast.ana.user_id, "funds")]
    event = Event.objects.get(name="notifications.preferences_changed")
    assert event.payload == {"user_id": str(cast.ana.user_id), "declined": ["funds"]}
    subscribed(cast.ana)
    arrive()
    assert told() == []
    browser_of_ana.post("/avisos/preferencias/", CHOSEN)
    assert Event.objects.filter(name="notifications.preferences_changed").count() == 1
    browser_of_ana.post("/avisos/preferencias/", {**CHOSEN, "wanted": ["transfers", "funds"]})
    assert not Declined.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"destination": "no es un número"}, "Escriba el número de celular con indicativo"),
        ({"channel": "email"}, "Escriba el correo electrónico que recibirá los avisos."),
        ({"channel": "paloma"}, "paloma"),
        ({"language": "fr"}, "fr"),
        ({"wanted": ["security"]}, "security"),
    ],
)
def test_what_cannot_be_is_said_on_the_form_and_changes_nothing(
    cast: Cast, browser_of_ana: Browser, wrong: dict[str, object], words: str
) -> None:
    events = Event.objects.count()
    answer = browser_of_ana.post("/avisos/preferencias/", {**CHOSEN, **wrong})
    assert answer.status_code == 400
    assert words in answer.content.decode()
    cast.ana.refresh_from_db()
    assert (cast.ana.notify_channel, cast.ana.notify_destination) == ("email", "ana@example.com")
    assert User.objects.get(pk=cast.ana.user_id).language == "es"
    assert not Declined.objects.exists()
    assert Event.objects.count() == events


def test_staff_choose_their_language_alone(cast: Cast) -> None:
    browser = browser_of(cast.support)
    page = browser.get("/avisos/preferencias/").content.decode()
    assert "Le escribimos a support@example.com." in page
    assert 'name="channel"' not in page
    assert browser.post("/avisos/preferencias/", {**CHOSEN, "language": "pt-br"}).status_code == 302
    assert User.objects.get(pk=cast.support.pk).language == "pt-br"
    assert not Declined.objects.exists()


def test_the_language_of_messages_is_the_one_chosen_on_the_pages(cast: Cast, browser_of_ana: Browser) -> None:
    browser_of_ana.post("/preferencias/idioma/", {"language": "en", "next": "/avisos/"})
    assert User.objects.get(pk=cast.ana.user_id).language == "en"
    browser_of_ana.post("/preferencias/idioma/", {"language": "xx"})
    Browser().post("/preferencias/idioma/", {"language": "pt-br"})
    assert User.objects.get(pk=cast.ana.user_id).language == "en"
    changed = Event.objects.filter(name="accounts.profile_updated")
    assert [event.payload["fields"] for event in changed] == [["language"]]


def test_whoever_registers_in_a_language_is_written_to_in_it() -> None:
    browser = Browser()
    browser.cookies["idioma"] = "pt-br"
    form = {
        "full_name": "Nova Pessoa",
        "email": "nova@example.com",
        "password1": "Segredo-2026x",
        "password2": "Segredo-2026x",
    }
    assert browser.post("/cuenta/registro/", {**form, "notify_channel": "email"}).status_code == 302
    assert User.objects.get(email="nova@example.com").language == "pt-br"
    with translation.override("es"):
        arrive()
    assert [letter.extra_headers["Content-Language"] for letter in told()] == ["pt-br"]
