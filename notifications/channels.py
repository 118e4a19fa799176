"""Carrying a message: by mail through Django's backend, by text message through whichever service `SMS_URL` names."""

from __future__ import annotations

import logging
import re
import smtplib
import sys
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import apprise
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.console import EmailBackend as ConsoleBackend
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts.models import NotifyChannel
from notifications.models import Delivery
from notifications.texts import show

LONGEST_SMS = 300  # characters: two parts


class NotCarried(Exception):
    """This one was refused, or nobody knows why it failed. Its text is for staff."""


class ChannelDown(Exception):
    """Nobody listens, so neither would the next one get through."""


@dataclass(frozen=True, slots=True)
class Message:
    subject: str
    text: str
    html: str
    sms: str


def compose(delivery: Delivery) -> Message:
    """The delivery's words, in its language and by the clock of a client. Addresses in it are those of `SITE_URL`."""
    zone = ZoneInfo(delivery.client.time_zone) if delivery.client else None
    with translation.override(delivery.language), timezone.override(zone):
        shown = show(delivery.kind, delivery.params, delivery.happened_at)
        context = {
            "site_name": settings.SITE_NAME,
            "site_url": settings.SITE_URL,
            "language": delivery.language,
            "recipient": delivery.user or delivery.client,
            "has_login": delivery.user is not None,
            "shown": shown,
        }
        return Message(
            subject=shown.title,
            text=render_to_string("notifications/mail.txt", context),
            html=render_to_string("notifications/mail.html", context),
            sms=_cut(f"{settings.SITE_NAME}: {shown.text}"),
        )


class Carriers:
    """Connections of one round of sending. Not shared between threads."""

    def __init__(self) -> None:
        self._mail: BaseEmailBackend | None = None

    def carry(self, delivery: Delivery) -> str:
        """Send it and return what is known of how. Raises `NotCarried`, `ChannelDown`."""
        message = compose(delivery)
        if delivery.channel == NotifyChannel.SMS:
            return _text(delivery.destination, message.sms)
        return self._post(delivery, message)

    def close(self) -> None:
        if self._mail:
            with suppress(OSError):
                self._mail.close()
        self._mail = None

    def _post(self, delivery: Delivery, message: Message) -> str:
        try:
            if self._mail is None:
                self._mail = get_connection()
                self._mail.open()
            _letter(delivery, message, self._mail).send()
        except (smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError) as error:
            self.close()
            raise ChannelDown(_said(error)) from error
        except smtplib.SMTPException as error:
            self.close()
            raise NotCarried(_said(error)) from error
        except OSError as error:  # refused, unreachable, out of time
            self.close()
            raise ChannelDown(_said(error)) from error
        return type(self._mail).__module__.rpartition(".")[2]


def _letter(delivery: Delivery, message: Message, mail: BaseEmailBackend) -> EmailMultiAlternatives:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"
    headers = {
        "Message-ID": f"<{delivery.pk}@{domain}>",  # the same at each attempt: a second copy can be told by it
        "Auto-Submitted": "auto-generated",
        "Content-Language": delivery.language,
    }
    letter = EmailMultiAlternatives(
        message.subject, message.text, to=[delivery.destination], headers=headers, connection=mail
    )
    if not isinstance(mail, ConsoleBackend):  # nobody reads HTML there
        letter.attach_alternative(message.html, "text/html")
    return letter


def _text(destination: str, words: str) -> str:
    number = "".join(re.findall(r"\d", destination))
    if not settings.SMS_URL:
        sys.stdout.write(f"SMS → +{number}: {words}\n")
        sys.stdout.flush()
        return "console"
    service = apprise.Apprise()
    if not service.add(settings.SMS_URL.replace("{to}", number)):
        raise ChannelDown("SMS_URL is not one that Apprise knows")
    with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as said:  # type: ignore[no-untyped-call]
        sent = service.notify(body=words)
        reason = said.getvalue().strip()
    if not sent:
        raise NotCarried(reason or "not accepted")
    return str(urlsplit(settings.SMS_URL).scheme)


def _cut(words: str) -> str:
    return words if len(words) <= LONGEST_SMS else f"{words[: LONGEST_SMS - 1]}…"


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
