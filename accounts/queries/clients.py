"""Finding clients, by who asks."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from string import punctuation

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from accounts.models import Client
from accounts.tax_ids import compact
from core.errors import DomainError, NotFound
from core.text import fold, trigrams
from ledger.models import Account

LARGEST_PAGE = 100
LARGEST_SKIP = 1_000_000
COUNTED_AT_MOST = 10_000
LONGEST_SEARCH = 100


class NotAClient(DomainError):
    code = "not_a_client"
    status = 403
    message = _("Esto es para clientes; su usuario no tiene una cuenta de efectivo.")


class ClientNotFound(NotFound):
    code = "client_not_found"
    message = _("No encontramos ese cliente.")


@dataclass(frozen=True, slots=True)
class ClientPage:
    """`total` goes no further than `COUNTED_AT_MOST`: what lies beyond is found by searching."""

    rows: Sequence[Client]
    total: int


def client_of(user_id: uuid.UUID | None) -> Client:
    """The client that a user is, with the cash account. Raises `NotAClient` for staff."""
    client = Client.objects.select_related("cash_account").filter(user_id=user_id).first() if user_id else None
    if client is None:
        raise NotAClient
    return client


def client(client_id: uuid.UUID) -> Client:
    """For staff: any client, with cash account and user. Raises `ClientNotFound`."""
    found = Client.objects.select_related("cash_account", "user").filter(pk=client_id).first()
    if found is None:
        raise ClientNotFound
    return found


def clients(*, skip: int = 0, limit: int = 20, search: str = "", is_active: bool | None = None) -> ClientPage:
    """For staff: clients by name, those whose name, address or tax id has every word of `search` in it.

    Neither case nor accents matter. A word of one or two characters is how a word begins.
    """
    found = _matching(search)
    if is_active is not None:
        found = found.filter(is_active=is_active)
    rows = found.select_related("cash_account").order_by("sort_name", "id")[skip : skip + limit]
    return ClientPage(list(rows), found[:COUNTED_AT_MOST].count())


def _matching(search: str) -> QuerySet[Client]:
    if not (folded := fold(search[:LONGEST_SEARCH])):
        return Client.objects.all()
    number = compact(search)  # as people write it: 529.982.247-25. Not "or": that would be no question for an index
    if any(character.isdigit() for character in number) and Client.objects.filter(tax_id=number).exists():
        return Client.objects.filter(tax_id=number)
    # One or two characters are how a word begins, and words begin with no punctuation.
    words = [word if len(word) > 2 else word.strip(punctuation) for word in folded.split(" ")]
    words = [word for word in words if word]
    if not words:
        return Client.objects.none()
    grams = RawSQL(  # through the index accounts_client_search
        "accounts_client.trigrams @> %s::text[]", [trigrams(words)], output_field=BooleanField()
    )
    found = Client.objects.filter(grams)
    for word in words:
        found = found.filter(searched__contains=word)
    return found


def accounts_of(client_id: uuid.UUID) -> list[Account]:
    """Every account that a client holds, the oldest first."""
    return list(Account.objects.filter(holder_id=client_id).order_by("id"))
