"""Carrying notices: every attempt on record, retried later and later, given up in the open, never twice at once."""

from __future__ import annotations

import smtplib
import socket
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import orjson
import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import NotifyChannel
from conftest import Cast
from core.errors import DomainError
from events.models import Event
from notifications.models import Attempt, Delivery, DeliveryState
from notifications.services import sending
from notifications.services.sending import BACKOFF, LEASE, MOST_ATTEMPTS, Postman, resend
from notifications.tests.mailing import envelope, hand_over, settle_past, subscribed, told

PENDING, SENT, FAILED = DeliveryState.PENDING, DeliveryState.SENT, DeliveryState.FAILED


@pytest.fixture
def delivery(cast: Cast) -> Delivery:
    """One that is due."""
    settle_past()
    return make(cast)


def make(cast: Cast, **fields: object) -> Delivery:
    given: dict[str, object] = {
        "id": uuid.uuid4(),
        "event_id": uuid.uuid4(),
        "kind": "accounts.password_changed",
        "user": cast.ana.user,
        "client": cast.ana,
        "channel": NotifyChannel.EMAIL,
        "destination": "ana@example.com",
        "language": "es",
        "params": {},
        "happened_at": timezone.now(),
        "state": PENDING,
        "next_attempt_at": timezone.now(),
    }
    return Delivery.objects.create(**{**given, **fields})


def due_now() -> None:
    Delivery.objects.filter(state=PENDING).update(next_attempt_at=timezone.now())


def results(delivery: Delivery) -> list[tuple[str, str]]:
    return list(Attempt.objects.filter(delivery=delivery).order_by("id").values_list("result", "detail"))


@pytest.fixture
def no_mail_server(settings: Settings) -> Settings:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket.create_server(("127.0.0.1", 0)) as once:  # a port that nobody has now
        settings.EMAIL_HOST, settings.EMAIL_PORT = once.getsockname()
    return settings


def refusing(monkeypatch: pytest.MonkeyPatch, address: str, error: Exception) -> None:
    """A mail server that takes everything but what goes to one address."""
    accept = EmailBackend.send_messages

    def send(self: EmailBackend, letters: list[mail.EmailMessage]) -> int:
        if any(address in letter.to for letter in letters):
            raise error
        return accept(self, letters)

    monkeypatch.setattr(EmailBackend, "send_messages", send)


def test_an_attempt_is_recorded_with_where_it_went_and_what_came_of_it(delivery: Delivery) -> None:
    assert Postman().round() == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts_made, delivery.next_attempt_at) == (SENT, 1, None)
    attempt = Attempt.objects.get(delivery=delivery)
    assert (attempt.result, attempt.detail, attempt.destination) == ("sent", "locmem", "ana@example.com")
    assert attempt.ended_at == delivery.sent_at
    (letter,) = told()
    assert letter.extra_headers["Message-ID"].startswith(f"<{delivery.pk}@")
    assert Postman().round() == 0


def test_what_fails_is_tried_later_and_later_and_then_given_up_in_the_open(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(monkeypatch, "ana@example.com", smtplib.SMTPRecipientsRefused({"ana@example.com": (550, b"unknown")}))
    for wait in BACKOFF:
        due_now()
        before = timezone.now()
        assert Postman().round() == 0
        delivery.refresh_from_db()
        assert delivery.state == PENDING
        assert timedelta() <= delivery.next_attempt_at - before - wait < timedelta(seconds=5)
    due_now()
    Postman().round()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts_made, delivery.next_attempt_at) == (FAILED, MOST_ATTEMPTS, None)
    assert "unknown" in delivery.reason
    assert [result for result, _detail in results(delivery)] == ["failed"] * MOST_ATTEMPTS
    assert "SMTPRecipientsRefused" in results(delivery)[0][1]


def test_one_address_that_is_refused_holds_nobody_else_up(
    delivery: Delivery, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make(cast, destination="beto@example.com", user=cast.beto.user, client=cast.beto)
    refusing(monkeypatch, "ana@example.com", smtplib.SMTPDataError(554, b"no"))
    assert Postman().round() == 1
    assert [letter.to for letter in told()] == [["beto@example.com"]]
    assert (results(delivery)[0][0], results(other)[0][0]) == ("failed", "sent")


def test_a_mail_server_that_is_down_costs_one_attempt_and_neither_text_messages_nor_money(
    delivery: Delivery, cast: Cast, no_mail_server: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    second = make(cast)
    text = make(cast, channel=NotifyChannel.SMS, destination="+57 300 123 4567")
    postman = Postman()
    assert postman.round() == 1
    assert postman.round() == 0  # it is left alone for a while
    assert [len(results(one)) for one in (delivery, second, text)] == [1, 0, 1]
    assert "ConnectionRefusedError" in results(delivery)[0][1]
    assert "SMS → +573001234567" in capsys.readouterr().out
    assert subscribed(cast.ana).balance_after == 375000
    hand_over(envelope("accounts.mfa_codes_renewed", {"user_id": cast.ana.user_id}))  # raises nothing
    no_mail_server.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    due_now()
    assert Postman().round() == 3
    delivery.refresh_from_db()
    assert [result for result, _detail in results(delivery)] == ["failed", "sent"]
    assert (delivery.state, delivery.reason) == (SENT, "")


def test_a_notice_that_cannot_be_written_holds_nobody_else_up(delivery: Delivery, cast: Cast) -> None:
    broken = make(cast, kind="funds.subscribed", params={"transaction_id": "no/address", "fund_name": "x"})
    assert Postman().round() == 1
    broken.refresh_from_db()
    assert broken.state == PENDING
    assert results(broken)[0][0] == "failed"


class Killed(BaseException):
    """In place of the process's end: nothing of ours gets to say a word."""


def killed(*_args: object) -> None:
    raise Killed


def test_whoever_is_killed_while_sending_is_made_up_for_after_the_lease(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(sending.Carriers, "carry", killed)
        with pytest.raises(Killed):
            Postman().round()
    assert results(delivery) == [("begun", "")]
    assert Postman().round() == 0
    Delivery.objects.filter(pk=delivery.pk).update(next_attempt_at=timezone.now())  # the lease has ended
    assert Postman().round() == 1
    assert [result for result, _detail in results(delivery)] == ["begun", "sent"]
    assert timedelta(minutes=1) < LEASE


def test_what_kills_whoever_sends_it_is_given_up_like_what_fails(
    delivery: Delivery, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(sending.Carriers, "carry", killed)
        for _ in range(MOST_ATTEMPTS):
            due_now()
            with pytest.raises(Killed):
                Postman().round()
    make(cast)
    due_now()
    assert Postman().round() == 1, "the other one"
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts_made, delivery.reason) == (FAILED, MOST_ATTEMPTS, sending.KILLED)
    assert [result for result, _detail in results(delivery)] == ["begun"] * MOST_ATTEMPTS


def test_whoever_comes_back_after_the_lease_changes_nothing_any_more(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slow one fails after a second one has sent it."""
    carry = sending.Carriers.carry

    def slow(self: sending.Carriers, one: Delivery) -> str:
        monkeypatch.setattr(sending.Carriers, "carry", carry)
        due_now()
        assert Postman().round() == 1
        raise sending.NotCarried("too late")

    monkeypatch.setattr(sending.Carriers, "carry", slow)
    Postman().round()
    delivery.refresh_from_db()
    assert delivery.state == SENT
    assert sorted(results(delivery)) == [("failed", "too late"), ("sent", "locmem")]


def test_two_postmen_at_once_send_nothing_twice(real_commits: None, cast: Cast) -> None:
    settle_past()
    for _number in range(40):
        make(cast)
    begin = threading.Barrier(4)

    def work() -> None:
        begin.wait()
        Postman().round()
        connection.close()

    threads = [threading.Thread(target=work) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({letter.extra_headers["Message-ID"] for letter in mail.outbox}) == len(mail.outbox) == 40
    assert Attempt.objects.filter(result="sent").count() >= 40
    assert not Delivery.objects.filter(state=PENDING).exists()


class Service(BaseHTTPRequestHandler):
    """What a text message service is to Apprise's `json://`."""

    heard: list[tuple[str, dict[str, str]]] = []
    answer = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((self.path, orjson.loads(body)))
        self.send_response(self.answer)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@pytest.fixture
def service(settings: Settings) -> Iterator[type[Service]]:
    Service.heard, Service.answer = [], 200
    server = HTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    settings.SMS_URL = f"json://user:secreto@127.0.0.1:{server.server_port}/{{to}}"
    yield Service
    server.shutdown()
    server.server_close()


def test_a_text_message_goes_to_the_number_through_the_configured_service(
    cast: Cast, service: type[Service], capsys: pytest.CaptureFixture[str]
) -> None:
    settle_past()
    one = make(cast, channel=NotifyChannel.SMS, destination="+57 300-123 4567", params={"ip": "192.0.2.1"})
    assert Postman().round() == 1
    ((path, body),) = service.heard
    assert path == "/573001234567"
    assert body["message"] == "Fundsite: Su contraseña cambió, y se cerraron sus otras sesiones."
    assert results(one) == [("sent", "json")]
    assert "SMS" not in capsys.readouterr().out


def test_a_service_that_refuses_is_on_record_without_its_secrets(cast: Cast, service: type[Service]) -> None:
    settle_past()
    service.answer = 500
    one = make(cast, channel=NotifyChannel.SMS, destination="+57 300 123 4567")
    assert Postman().round() == 0
    ((result, detail),) = results(one)
    assert result == "failed"
    assert "500" in detail
    assert "secreto" not in detail


def test_what_is_sent_again_goes_to_where_its_person_is_reached_now(delivery: Delivery, cast: Cast) -> None:
    Postman().round()
    told()
    cast.ana.notify_destination = "nueva@example.com"
    cast.ana.save()
    resend(delivery_id=delivery.pk, actor_id=cast.support.pk)
    Postman().round()
    assert [letter.to for letter in told()] == [["nueva@example.com"]]
    tried = Attempt.objects.filter(delivery=delivery).order_by("id")
    assert [one.destination for one in tried] == ["ana@example.com", "nueva@example.com"]
    event = Event.objects.get(name="notifications.resent")
    assert (event.actor_id, event.payload["delivery_id"]) == (cast.support.pk, str(delivery.pk))


def test_what_goes_to_the_address_of_signing_in_goes_there_again(cast: Cast) -> None:
    settle_past()
    one = make(cast, to_own_address=True, state=FAILED, next_attempt_at=None, reason="x")
    cast.ana.notify_channel, cast.ana.notify_destination = NotifyChannel.SMS, "+57 300 123 4567"
    cast.ana.save()
    resend(delivery_id=one.pk, actor_id=cast.support.pk)
    assert Postman().round() == 1
    assert [letter.to for letter in told()] == [["ana@example.com"]]


def test_what_is_still_to_be_sent_or_not_there_is_not_sent_again(delivery: Delivery, cast: Cast) -> None:
    for wanted, code in ((delivery.pk, "delivery_pending"), (uuid.uuid4(), "delivery_not_found")):
        with pytest.raises(DomainError) as refusal:
            resend(delivery_id=wanted, actor_id=cast.support.pk)
        assert refusal.value.code == code
    assert not Event.objects.filter(name="notifications.resent").exists()
    assert Delivery.objects.get(pk=delivery.pk).attempts_made == 0
