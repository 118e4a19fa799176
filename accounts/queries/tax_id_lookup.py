"""Clients by their RFC, out of the cache after the first look: what existing clients of the API ask for all the time.

A copy is believed only if it is at least as new as the change that was announced last:

    a change     draws the next `revision` while it holds the client's row, and announces it under every RFC concerned
                 before it commits (`announce`); after the commit the copy is dropped (`drop`)
    a look       takes the copy, then the announcement; an older copy is not believed, and the database is asked

So no interleaving shows what was before a change to somebody who asks after its commit: a reader that was slow to keep
what it had read keeps a copy of an old revision, which nobody believes. A change that was rolled back leaves an
announcement that nothing meets; the database is asked until it is forgotten. "There is no such client" is revision 0,
which any announcement outdates.

Copies live for `COPY_LIFETIME`: that bounds what can be seen if an announcement does not arrive (Redis away, or cut off
from one process and not from another). Announcements outlive every copy that was made before them.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache

from accounts.models import Client
from accounts.models.clients import TaxIdKind

COPY_LIFETIME = 60  # seconds
ABSENCE_LIFETIME = 10
ANNOUNCEMENT_LIFETIME = 900


@dataclass(frozen=True, slots=True)
class ClientRecord:
    """A client as the API shows it to staff."""

    id: uuid.UUID
    full_name: str
    email: str
    tax_id: str
    tax_id_kind: str
    tax_id_verified: bool
    is_active: bool
    notify_channel: str
    notify_destination: str
    user_id: uuid.UUID | None
    account: str
    currency: str
    created_at: datetime
    deactivated_at: datetime | None

    @classmethod
    def of(cls, client: Client) -> ClientRecord:
        """Of a client that came with its cash account."""
        own = {name: getattr(client, name) for name in cls.__slots__ if name not in ("account", "currency")}
        return cls(**own, account=client.cash_account.number, currency=client.cash_account.currency)


@dataclass(frozen=True, slots=True)
class _Copy:
    revision: int
    record: ClientRecord | None


def client_by_rfc(rfc: str) -> ClientRecord | None:
    """The client with this RFC (in its one spelling, `accounts.tax_ids`), active or not."""
    copy = cache.get(_copy_key(rfc))
    announced = cache.get(_announcement_key(rfc)) or 0
    if isinstance(copy, _Copy) and copy.revision >= announced:
        return copy.record
    client = Client.objects.select_related("cash_account").filter(tax_id=rfc, tax_id_kind=TaxIdKind.RFC).first()
    found = _Copy(client.revision, ClientRecord.of(client)) if client else _Copy(0, None)
    cache.set(_copy_key(rfc), found, COPY_LIFETIME if client else ABSENCE_LIFETIME)
    return found.record


def announce(rfc: str, revision: int) -> None:
    """Before the commit of a change: from now on no copy older than it is believed."""
    cache.set(_announcement_key(rfc), revision, ANNOUNCEMENT_LIFETIME)


def drop(rfc: str) -> None:
    """After its commit: nobody keeps what is outdated longer than need be."""
    cache.delete(_copy_key(rfc))


def _copy_key(rfc: str) -> str:
    return f"client:rfc:{rfc}"


def _announcement_key(rfc: str) -> str:
    return f"client:rfc:{rfc}:revision"
