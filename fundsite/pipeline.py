"""Which consumers there are, and how events get to them: the one place that knows those of every room."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from events.broker import Broker, BrokerTransport
from events.consumers.couchdb import CouchDB
from events.consumers.documents import Documents
from events.inbox import Consumer
from events.transport import Direct, Transport
from notifications.consumers import Notifications


def consumers() -> list[Consumer]:
    """Every consumer that this installation is configured for."""
    copies = [CouchDB(settings.COUCHDB_URL)] if settings.COUCHDB_URL else []
    return [Documents(), Notifications(), *copies]


def consumer_names() -> list[str]:
    return [consumer.name for consumer in consumers()]


def broker() -> Broker | None:
    """The broker of BROKER_URL; without one the relay hands events to the consumers itself."""
    if not settings.BROKER_URL:
        return None
    try:
        return Broker(settings.BROKER_URL, settings.EVENTS_EXCHANGE)
    except ValueError as error:
        raise ImproperlyConfigured(str(error)) from error


def transport() -> Transport:
    """How the relay gets events on their way. Its connection has to be its own: it listens, and holds locks, by it."""
    if settings.DATABASES["default"].get("DISABLE_SERVER_SIDE_CURSORS"):
        raise ImproperlyConfigured(
            "PGBOUNCER is set, and a pooled connection loses the relay's locks. Give the relay a DATABASE_URL of the "
            "server itself, without PGBOUNCER."
        )
    there = broker()
    return BrokerTransport(there, consumer_names()) if there else Direct(consumers())
