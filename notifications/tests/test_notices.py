"""Which events become notices, for whom, in which words. Runs for documents in PostgreSQL, and once more in MongoDB."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import OperationalError
from django.utils import translation
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from accounts.models import Client, NotifyChannel
from accounts.services import sign_in
from accounts.services.clients import deactivate_client, reactivate_client
from accounts.services.passwords import change_password
from accounts.services.users import deactivate, update_profile, update_user
from banking.tests.people import START, cash, give, opened, send
from conftest import PASSWORD, Cast
from core.clock import recording_at
from core.request_context import RequestContext, bound
from events.catalogue import CATALOGUE
from events.documents.models import Notification
from events.inbox import Unavailable, deliver
from events.models import Event, InboxItem
from events.services import record
from funds.services import cancel
from ledger.models import Entry
from ledger.services import freeze, reverse
from notifications import live
from notifications.consumers import Notifications
from notifications.models import Declined, Delivery, DeliveryState, Topic
from notifications.queries import Badge, NoticesUnavailable, notice_of, notices_of, unread_count
from notifications.rules import RULES
from notifications.services.reading import mark_all_read, mark_read
from notifications.tests.mailing import (
    arrive,
    earlier,
    envelope,
    hand_over,
    invented,
    notice_id,
    settle_past,
    subscribed,
    told,
)
from tests.pages import browser_of


@pytest.fixture(autouse=True)
def quiet_past(documents: None) -> None:
    settle_past()


def frozen(client: Client, *, reason: str = "motivo") -> None:
    freeze(cash(client), reason=reason, actor_id=None)


def titles(client: Client) -> list[str]:
    return [row.shown.title for row in notices_of(client.user_id).rows]


def test_mail_tells_the_time_by_the_clients_clock(cast: Cast) -> None:
    for person, zone in ((cast.ana, "America/Sao_Paulo"), (cast.beto, "America/Bogota")):
        Client.objects.filter(pk=person.pk).update(time_zone=zone)
        with recording_at(datetime(2030, 1, 1, 2, 30, tzinfo=UTC)):
            subscribed(person)
    arrive()
    hers, his = (letter.body for letter in told())
    assert "31 dic 2029, 23:30" in hers
    assert "31 dic 2029, 21:30" in his


def test_subscribing_and_cancelling_are_told_on_the_page_and_by_the_clients_own_channel(cast: Cast) -> None:
    receipt = subscribed(cast.ana)
    arrive()
    (letter,) = told()
    assert (letter.to, letter.subject) == (["ana@example.com"], "Suscripción confirmada")
    assert "Suscribió $\xa0125.000,00 a FPV_BTG_PACTUAL_ECOPETROL." in letter.body
    assert f"{settings.SITE_URL}/comprobantes/{receipt.transaction_id}/" in letter.body
    html, kind = letter.alternatives[0]
    assert kind == "text/html"
    assert "Suscribió $\xa0125.000,00 a FPV_BTG_PACTUAL_ECOPETROL." in html
    cancel(
        client_id=cast.ana.pk, subscription_id=receipt.transaction_id, actor_id=cast.ana.user_id, idempotency_key=None
    )
    arrive()
    (letter,) = told()
    assert "Devolvimos $\xa0125.000,00 a su cuenta." in letter.body
    assert titles(cast.ana)[:2] == ["Suscripción cancelada", "Suscripción confirmada"]
    assert "Suscripción confirmada" not in titles(cast.beto)


def test_the_console_takes_a_text_message_where_no_service_is_configured(
    cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    cast.beto.notify_channel, cast.beto.notify_destination = NotifyChannel.SMS, "+57 300 123 4567"
    cast.beto.save()
    subscribed(cast.beto)
    arrive()
    assert told() == []
    said = capsys.readouterr().out
    assert "SMS → +573001234567: Fundsite: Suscribió $\xa0125.000,00 a FPV_BTG_PACTUAL_ECOPETROL.\n" in said


def test_whoever_registers_is_welcomed(cast: Cast) -> None:
    assert titles(cast.ana) == ["Le damos la bienvenida"]
    assert "$\xa0500.000,00" in notices_of(cast.ana.user_id).rows[0].shown.text


def test_a_second_delivery_and_another_order_make_no_second_notice(cast: Cast) -> None:
    first, second = (
        envelope("accounts.password_changed", {"user_id": cast.ana.user_id}),
        envelope("accounts.mfa_codes_renewed", {"user_id": cast.ana.user_id}),
    )
    Notifications().handle([second])  # and killed before its inbox was committed
    mark_read(user_id=cast.ana.user_id, notice_id=notice_id(second.id, cast.ana.user_id))
    hand_over(second, first, second)
    hand_over(first)
    assert len(told()) == 2
    assert Notification.objects.filter(event_id__in=[first.id, second.id]).count() == 2
    assert notice_of(cast.ana.user_id, notice_id(second.id, cast.ana.user_id)).read_at
    assert Delivery.objects.filter(event_id__in=[first.id, second.id]).count() == 2


def test_security_is_told_at_the_address_of_signing_in_too_wherever_notices_go(
    cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    cast.ana.notify_channel, cast.ana.notify_destination = NotifyChannel.SMS, "+57 300 123 4567"
    cast.ana.save()
    user = cast.ana.user
    assert user is not None
    with bound(RequestContext(ip="192.0.2.7")):
        change_password(user, PASSWORD, "otra-Clave-2026")
    arrive()
    (letter,) = told()
    assert letter.to == ["ana@example.com"]
    assert "Dirección IP: 192.0.2.7" in letter.body
    assert "Si no fue usted, cambie su contraseña y escríbanos de inmediato." in letter.body
    assert "SMS → +573001234567: Fundsite: Su contraseña cambió" in capsys.readouterr().out


def test_what_an_administrator_does_to_somebodys_standing_is_told_without_where_they_did_it_from(cast: Cast) -> None:
    beto = cast.beto.user_id
    assert beto
    with bound(RequestContext(ip="192.0.2.7")):
        update_user(user_id=beto, changes={"role": "reader"}, actor_id=cast.admin.pk)
        deactivate(user_id=beto, actor_id=cast.admin.pk)
        update_user(user_id=beto, changes={"is_active": True}, actor_id=cast.admin.pk)
    arrive()
    letters = told()
    assert {letter.to[0] for letter in letters} == {"beto@example.com"}
    assert [letter.subject for letter in letters] == [
        "Su rol cambió",
        "Su usuario está desactivado",
        "Su usuario vuelve a estar activo",
    ]
    assert "Su rol cambió de Cliente a Consulta." in letters[0].body
    assert all("192.0.2.7" not in letter.body for letter in letters)


def test_a_client_whom_staff_take_off_and_on_again_is_told(cast: Cast) -> None:
    give(cash(cast.beto), -START)
    deactivate_client(client_id=cast.beto.pk, actor_id=cast.support.pk)
    reactivate_client(client_id=cast.beto.pk, actor_id=cast.support.pk)
    arrive()
    assert [(letter.to, letter.subject) for letter in told()] == [
        (["beto@example.com"], "Ya no es cliente"),
        (["beto@example.com"], "Vuelve a ser cliente"),
    ]


def test_another_address_to_sign_in_with_is_told_at_the_one_before(cast: Cast) -> None:
    """Notices follow the new address: whoever changed it would be the only one to hear of it, and of what follows."""
    assert cast.ana.user_id is not None
    update_profile(user_id=cast.ana.user_id, changes={"email": "nueva@example.com"})
    arrive()
    letters = told()
    assert sorted(letter.to[0] for letter in letters) == ["ana@example.com", "nueva@example.com"]
    assert {letter.subject for letter in letters} == {"Su correo de ingreso cambió"}
    assert all("ana@example.com" not in str(one.payload) for one in Event.objects.all())
    update_profile(user_id=cast.ana.user_id, changes={"full_name": "Ana María Pérez", "email": "nueva@example.com"})
    arrive()
    assert told() == []


def test_staff_are_told_about_their_security_by_mail(cast: Cast) -> None:
    record("accounts.new_device", {"user_id": cast.support.pk, "device": "Firefox, Linux"})
    arrive()
    (letter,) = told()
    assert letter.to == ["support@example.com"]
    assert "Firefox, Linux" in letter.body


def test_a_lockout_is_told_to_whose_account_it_is_and_once_an_hour(cast: Cast) -> None:
    for identifier in ("ana", "nadie", "ANA@example.com", "ana"):
        sign_in.locked_out(identifier)
    arrive()
    assert [letter.to for letter in told()] == [["ana@example.com"]]
    assert titles(cast.ana).count("Bloqueamos intentos de ingreso") == 3
    assert list(Delivery.objects.exclude(reason="").values_list("state", "reason")) == [("skipped", "recent")] * 2
    late = envelope("accounts.login_locked", {"identifier": "ana", "user_id": cast.ana.user_id})
    hand_over(earlier(late, timedelta(hours=-1, minutes=-1)))
    assert len(told()) == 1


def test_what_was_typed_and_what_staff_wrote_for_staff_is_not_passed_on(cast: Cast) -> None:
    sign_in.locked_out("ana")
    frozen(cast.beto, reason="sospecha de fraude")
    arrive()
    for letter in told():
        assert "sospecha" not in letter.body
    kept = Notification.objects.exclude(kind="accounts.user_registered").values_list("params", flat=True)
    assert all(not {"identifier", "reason", "user_id", "client_id"} & params.keys() for params in kept)


def test_a_frozen_account_is_told_to_its_holder_by_its_ending_alone(cast: Cast) -> None:
    number = cast.beto.cash_account.number
    frozen(cast.beto)
    arrive()
    (letter,) = told()
    assert letter.to == ["beto@example.com"]
    assert f"*{number[-4:]}" in letter.body
    assert number not in letter.body


def test_a_reversal_is_told_to_everybody_whose_money_it_moved_with_a_way_to_their_own_movement(cast: Cast) -> None:
    sent = send(cast.ana, cash(cast.ana), cash(cast.beto), 80000)
    settle_past()
    reversal = reverse(sent.transaction_id, reason="cobro doble", actor_id=cast.support.pk)
    arrive()
    letters = told()
    assert sorted(letter.to[0] for letter in letters) == ["ana@example.com", "beto@example.com"]
    assert all("cobro doble" not in letter.body for letter in letters)
    for client in (cast.ana, cast.beto):
        row = notices_of(client.user_id).rows[0]
        assert row.kind == "ledger.reversed"
        assert row.shown.is_mandatory
        assert row.shown.path == f"/cuentas/{cash(client)}/movimientos/{reversal.id}/"
        assert browser_of(client.user).get(row.shown.path).status_code == 200
    assert "ledger.reversed" not in [row.kind for row in notices_of(cast.stranger.user_id).rows]


def test_a_reversal_between_ones_own_accounts_is_one_notice_and_the_house_gets_none(cast: Cast) -> None:
    savings = opened(cast.ana)
    sent = send(cast.ana, cash(cast.ana), savings, 80000)
    grant = Entry.objects.filter(account=cast.beto.cash_account).values_list("transaction_id", flat=True)[0]
    settle_past()
    events = [
        reverse(transaction_id, reason="cobro doble", actor_id=cast.support.pk).id
        for transaction_id in (sent.transaction_id, grant)
    ]
    arrive()
    assert [letter.to for letter in told()] == [["ana@example.com"], ["beto@example.com"]]
    kept = Notification.objects.filter(kind="ledger.reversed").values_list("user_id", "params")
    assert {user_id: params["transaction_id"] for user_id, params in kept} == dict(
        zip([cast.ana.user_id, cast.beto.user_id], map(str, events), strict=True)
    )
    assert len(kept) == 2


def test_a_client_who_does_not_sign_in_is_written_to_and_has_no_page(cast: Cast) -> None:
    Client.objects.filter(pk=cast.stranger.pk).update(user=None, notify_destination="aviso@example.com")
    frozen(cast.stranger)
    before = Notification.objects.count()
    arrive()
    (letter,) = told()
    assert letter.to == ["aviso@example.com"]
    assert "/avisos/" not in letter.body + str(letter.alternatives[0][0])
    assert Notification.objects.count() == before


def test_each_is_told_in_their_own_language(cast: Cast) -> None:
    update_profile(user_id=cast.ana.user_id, changes={"language": "en"})
    settle_past()
    subscribed(cast.ana)
    subscribed(cast.beto)
    with translation.override("pt-br"):  # whatever the consumer's own may be
        arrive()
    by = {letter.to[0]: letter for letter in told()}
    assert "COP\xa0125,000.00" in by["ana@example.com"].body
    assert "$\xa0125.000,00" in by["beto@example.com"].body
    languages = [by[f"{name}@example.com"].extra_headers["Content-Language"] for name in ("ana", "beto")]
    assert languages == ["en", "es"]
    with translation.override("en"):
        assert "125,000.00" in notices_of(cast.ana.user_id).rows[0].shown.text


def test_what_is_declined_is_shown_and_not_sent_but_security_is(cast: Cast) -> None:
    for topic in Topic:  # those that the service would refuse as well
        Declined.objects.create(user=cast.ana.user, topic=topic)
    subscribed(cast.ana)
    arrive()
    assert told() == []
    delivery = Delivery.objects.get(kind="funds.subscribed")
    assert (delivery.state, delivery.reason) == (DeliveryState.SKIPPED, "declined")
    assert titles(cast.ana)[0] == "Suscripción confirmada"
    record("accounts.password_changed", {"user_id": cast.ana.user_id})
    arrive()
    assert len(told()) == 1


def test_what_happened_long_ago_is_shown_and_not_sent(cast: Cast) -> None:
    old = earlier(
        envelope("accounts.password_changed", {"user_id": cast.ana.user_id}),
        settings.NOTIFY_WITHIN + timedelta(hours=1),
    )
    hand_over(old)
    assert told() == []
    assert Delivery.objects.get(event_id=old.id).reason == "old"
    assert Notification.objects.filter(event_id=old.id).exists()


TRANSFER = {
    "transaction_id": uuid.uuid4(),
    "amount": "80000.00",
    "currency": "COP",
    "account": "…1234",
    "counterparty_account": "…9876",
    "counterparty": "B*** R***",
    "correlation_id": uuid.uuid4(),
}


@pytest.mark.parametrize(
    ("name", "payload", "words"),
    [
        ("banking.transfer_sent", TRANSFER, "Envió $\xa080.000,00 a B*** R***, cuenta *9876."),
        ("banking.transfer_received", TRANSFER, "B*** R*** le envió $\xa080.000,00 a su cuenta *1234."),
        ("banking.transfer_made", TRANSFER, "Pasó $\xa080.000,00 de su cuenta *1234 a su cuenta *9876."),
        (
            "banking.scheduled_transfer_skipped",
            {**TRANSFER, "due_on": "2026-11-30", "reason": "insufficient_funds"},
            "programada para el 30 nov 2026, no se hizo: su cuenta no tenía saldo suficiente.",
        ),
        (
            "banking.scheduled_transfer_skipped",
            {**TRANSFER, "due_on": "2026-11-30", "reason": "something_new"},
            "no se hizo: no se pudo completar.",
        ),
    ],
)
def test_transfers_have_words_of_their_own(cast: Cast, name: str, payload: dict[str, object], words: str) -> None:
    like = envelope("accounts.mfa_failed", {"user_id": cast.ana.user_id})
    payload = {key: str(value) for key, value in payload.items()}
    hand_over(invented(like, name, {**payload, "client_id": str(cast.ana.pk)}))
    (letter,) = told()
    assert words in letter.body
    assert words in notices_of(cast.ana.user_id).rows[0].shown.text


def test_every_rule_is_of_an_event_that_says_whom_it_concerns() -> None:
    assert [name for name, rule in RULES.items() if rule.to.value not in CATALOGUE[name].fields] == []


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_rule_can_be_said(cast: Cast, name: str) -> None:
    """With each field filled by its name, nothing that a text needs is missing and every link leads somewhere."""
    receipt = subscribed(cast.ana)
    settle_past()
    known = {
        "user_id": cast.ana.user_id,
        "client_id": cast.ana.pk,
        "transaction_id": receipt.transaction_id,
        "number": cast.ana.cash_account.number,
        "amount": "1.00",
        "currency": "COP",
        "due_on": "2026-12-01",
    }
    record(name, {field: known.get(field, f"<{field}>") for field in CATALOGUE[name].fields})
    arrive()
    (letter,) = told()
    html = str(letter.alternatives[0][0])
    for text in (letter.subject, letter.body, html):
        assert "—" not in text, text
        assert "%(" not in text, text
    assert "<" not in letter.subject
    assert "<device>" not in html
    assert (RULES[name].link is None) == ("http" not in letter.body.replace(f"{settings.SITE_URL}/avisos/", ""))


def test_each_party_of_a_transfer_gets_from_the_notice_to_their_own_receipt(cast: Cast) -> None:
    send(cast.ana, cash(cast.ana), cash(cast.beto), 80000)
    arrive()
    for client in (cast.ana, cast.beto):
        row = notices_of(client.user_id).rows[0]
        assert row.kind.startswith("banking.transfer_")
        assert browser_of(client.user).get(row.shown.path).status_code == 200


def test_events_without_a_rule_are_done_and_told_to_nobody(cast: Cast) -> None:
    one = envelope("accounts.logged_out", {"user_id": cast.ana.user_id})
    hand_over(one)
    assert InboxItem.objects.get(event_id=one.id, consumer="notifications").state == "done"
    assert not Notification.objects.filter(event_id=one.id).exists()
    assert told() == []


@pytest.mark.parametrize("name", ["banking.transfer_sent", "ledger.account_frozen", "ledger.reversed"])
def test_a_thousand_events_take_few_queries(cast: Cast, name: str, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    like = envelope("accounts.mfa_failed", {"user_id": cast.ana.user_id})
    grant = Entry.objects.filter(account=cast.ana.cash_account).values_list("transaction_id", flat=True)[0]
    own = {"client_id": cast.ana.pk, "number": cash(cast.ana), "transaction_id": grant}
    payload = {key: str(value) for key, value in {**TRANSFER, **own}.items()}
    many = [invented(like, name, payload) for _ in range(1000)]
    with django_assert_max_num_queries(20):
        deliver(Notifications(), many)
    assert Notification.objects.filter(user_id=cast.ana.user_id, kind=name).count() == 1000


def test_notices_are_paged_by_the_last_one_seen_and_marked_one_by_one_or_all(cast: Cast) -> None:
    me = cast.ana.user_id
    like = envelope("accounts.mfa_failed", {"user_id": me})
    hand_over(
        *(
            # Two and two at the same moment.
            earlier(invented(like, "accounts.password_changed", {"user_id": str(me)}), timedelta(seconds=number // 2))
            for number in range(9)
        )
    )
    assert unread_count(me) == 10
    seen, cursor = [], None
    while True:
        page = notices_of(me, cursor=cursor, limit=3)
        seen += page.rows
        if (cursor := page.next_cursor) is None:
            break
    assert len({row.id for row in seen}) == len(seen) == 10
    assert [row.happened_at for row in seen] == sorted((row.happened_at for row in seen), reverse=True)
    read = mark_read(user_id=me, notice_id=seen[4].id)
    assert mark_read(user_id=me, notice_id=seen[4].id).read_at == read.read_at
    assert {row.id for row in notices_of(me, unread=True).rows} == {row.id for row in seen} - {read.id}
    assert mark_all_read(user_id=me, until=seen[6].happened_at) == 4
    assert unread_count(me) == 5
    assert mark_all_read(user_id=me) == 5
    assert mark_all_read(user_id=me) == unread_count(me) == 0
    assert unread_count(cast.beto.user_id) == 1


def test_the_live_socket_hears_of_it_once_the_notice_is_committed(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    heard: list[tuple[uuid.UUID, str]] = []
    monkeypatch.setattr(live, "push", lambda user_id, message: heard.append((user_id, str(message["title"]))))
    one = envelope("accounts.password_changed", {"user_id": cast.ana.user_id})
    with django_capture_on_commit_callbacks(execute=True):
        deliver(Notifications(), [one])
        assert heard == []
    with django_capture_on_commit_callbacks(execute=True):
        Notifications().handle([one])
    assert heard == [(cast.ana.user_id, "Su contraseña cambió")]


class Down:
    """A store that nobody reaches."""

    def __getattr__(self, name: str) -> None:
        raise OperationalError("connection refused")


def test_while_the_documents_are_down_notices_wait_and_pages_go_without_their_count(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = envelope("accounts.password_changed", {"user_id": cast.ana.user_id})
    badge = Badge()
    with monkeypatch.context() as down:
        down.setattr(Notification, "objects", Down())
        with pytest.raises(Unavailable):
            deliver(Notifications(), [one])
        with pytest.raises(NoticesUnavailable):
            unread_count(cast.ana.user_id)
        assert badge.count(cast.ana.user_id) is None
    assert not Delivery.objects.filter(event_id=one.id).exists()
    assert not InboxItem.objects.filter(event_id=one.id).exists()
    assert badge.count(cast.ana.user_id) is None  # it does not ask again at once
    assert Badge().count(cast.ana.user_id) == 1
    hand_over(one)
    assert len(told()) == 1
