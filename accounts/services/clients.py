"""Keeping clients: what staff do, and the one place where a client's row is written.

`save` tells the copies of `accounts.queries.tax_id_lookup` about every change, so nobody writes a client past it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TypedDict

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import tax_ids
from accounts.models import Client, NotifyChannel
from accounts.models.clients import TaxIdKind
from accounts.queries import tax_id_lookup
from accounts.queries.clients import ClientNotFound, accounts_of
from accounts.services.destinations import destination_fault
from accounts.spelling import check_name, normalised_email, one_line
from core.errors import DomainError, InvalidInput
from core.ids import uuid7
from core.money import Money
from events.services import record
from ledger import services as ledger

CASH = "cash"
CURRENCY = "COP"
NAMED_AT_MOST = 5  # accounts that a refusal names
TAX_ID = ("tax_id", "tax_id_kind")


class ClientEmailTaken(DomainError):
    code = "client_email_taken"
    field = "email"
    message = gettext_lazy("Ya hay un cliente activo con este correo electrónico.")


class TaxIdTaken(DomainError):
    code = "tax_id_taken"
    field = "tax_id"
    message = gettext_lazy("Ya hay un cliente con esta identificación tributaria.")
    errors: dict[str, list[str]] | None = None  # its message beside another name of the field, if it was sent so


class ClientHasMoney(DomainError):
    code = "client_has_money"
    status = 409
    message = gettext_lazy("No se puede desactivar un cliente con dinero: %(accounts)s.")


class ClientChanges(TypedDict, total=False):
    """What is absent stays. An empty `tax_id` takes it away; one without a kind is of the kind it was, or an RFC.

    Notices by e-mail without a destination go to the client's own address, whatever it becomes.
    """

    full_name: str
    email: str
    tax_id: str
    tax_id_kind: str
    notify_channel: str
    notify_destination: str
    is_active: bool
    time_zone: str


def create_client(*, actor_id: uuid.UUID, wanted: ClientChanges) -> Client:
    """Make a client who does not sign in, with an empty cash account. `full_name` and `email` are needed.

    Raises `InvalidInput`, `InvalidTaxId`, `ClientEmailTaken`, `TaxIdTaken`.
    """
    client = Client(id=uuid7(), notify_channel=NotifyChannel.EMAIL)
    _apply(client, wanted)
    with transaction.atomic():
        open_client(client)
        record("accounts.client_created", {"client_id": client.pk}, actor_id=actor_id)
    return client


def update_client(*, client_id: uuid.UUID, actor_id: uuid.UUID, changes: ClientChanges) -> Client:
    """Change a client, or let one go or come back (`is_active`): all of it or nothing; what is as it was is no change.

    Raises `ClientNotFound`, `ClientHasMoney` and what `create_client` raises.
    """
    leaves = changes.get("is_active") is False
    with transaction.atomic():
        client = _locked(client_id, against_money=leaves)
        before = _values(client)
        _apply(client, changes)
        changed = [name for name, value in _values(client).items() if before[name] != value]
        if before["is_active"] and not client.is_active:
            _refuse_money(client)
        if changed:
            save(client, changed, former_rfc=_rfc(before))
            _record(client, changed, actor_id)
    return client


def deactivate_client(*, client_id: uuid.UUID, actor_id: uuid.UUID) -> Client:
    """What deleting a client means: what they did stays. Raises `ClientNotFound`, `ClientHasMoney`."""
    return update_client(client_id=client_id, actor_id=actor_id, changes={"is_active": False})


def reactivate_client(*, client_id: uuid.UUID, actor_id: uuid.UUID) -> Client:
    """Raises `ClientNotFound`, `ClientEmailTaken`."""
    return update_client(client_id=client_id, actor_id=actor_id, changes={"is_active": True})


def open_client(client: Client) -> None:
    """Write a new client with the cash account that every client has, in the caller's transaction.

    Raises `ClientEmailTaken`, `TaxIdTaken`.
    """
    client.cash_account_id = ledger.open_account(kind=CASH, holder_id=client.pk, currency=CURRENCY)
    try:
        with transaction.atomic():
            client.save(force_insert=True)
    except IntegrityError as error:
        raise _taken(error) or error from error
    _announce(client, "")


def save(client: Client, fields: Iterable[str], *, former_rfc: str = "") -> None:
    """Write these fields of a client whose row the caller has locked. Raises `ClientEmailTaken`, `TaxIdTaken`."""
    try:
        with transaction.atomic():
            client.save(update_fields=list(fields))
    except IntegrityError as error:
        raise _taken(error) or error from error
    _announce(client, former_rfc)


def _announce(client: Client, former_rfc: str) -> None:
    """The revision is drawn after the row was written: whoever had its RFC before had a lower one."""
    concerned = {former_rfc, _rfc(_values(client))} - {""}
    if not concerned:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE accounts_client SET revision = nextval('accounts_client_revision')
               WHERE id = %s RETURNING revision""",
            [client.pk],
        )
        (client.revision,) = cursor.fetchone()
    for rfc in concerned:
        tax_id_lookup.announce(rfc, client.revision)
        transaction.on_commit(lambda rfc=rfc: tax_id_lookup.drop(rfc), robust=True)  # type: ignore[misc]


def _locked(client_id: uuid.UUID, *, against_money: bool) -> Client:
    """`against_money` keeps it out of empty accounts until the transaction ends; anything else lets it move.

    What the row points to is read once it is locked: joined to it, and changed while it was waited for, it would seem
    not to be there.
    """
    clients = Client.objects.filter(pk=client_id)
    if not clients.select_for_update(no_key=not against_money).exists():
        raise ClientNotFound
    return clients.select_related("cash_account", "user").get()


def _values(client: Client) -> dict[str, object]:
    names = (*ClientChanges.__annotations__, "tax_id_verified", "deactivated_at")
    return {name: getattr(client, name) for name in names}


def _rfc(values: dict[str, object]) -> str:
    return str(values["tax_id"]) if values["tax_id_kind"] == TaxIdKind.RFC else ""


def _apply(client: Client, changes: ClientChanges) -> None:
    """Put changes into a client, tidied and checked; nothing is written. Raises `InvalidInput`."""
    before = _values(client)
    if "full_name" in changes:
        client.full_name = one_line(changes["full_name"])
    if "email" in changes:
        client.email = normalised_email(changes["email"])
    client.notify_channel = changes.get("notify_channel", client.notify_channel)
    client.notify_destination = changes.get("notify_destination", client.notify_destination).strip()
    client.time_zone = changes.get("time_zone", client.time_zone)
    follows = not client.notify_destination or "notify_destination" not in changes
    if client.notify_channel == NotifyChannel.EMAIL and follows and client.notify_destination in ("", before["email"]):
        client.notify_destination = client.email  # notices that went to the old address follow it
    if changes.get("is_active", client.is_active) != client.is_active:
        client.is_active = not client.is_active
        client.deactivated_at = None if client.is_active else timezone.now()
    errors: dict[str, list[str]] = {}
    try:
        if set(changes) & set(TAX_ID):
            _apply_tax_id(client, changes)
    except tax_ids.InvalidTaxId as refusal:
        errors["tax_id"] = [str(refusal)]
    is_new = client._state.adding
    errors.update(_check(client, {name for name, value in _values(client).items() if is_new or before[name] != value}))
    if errors:
        raise InvalidInput(errors)


def _apply_tax_id(client: Client, changes: ClientChanges) -> None:
    number = changes.get("tax_id", client.tax_id).strip()
    kind = changes.get("tax_id_kind") or client.tax_id_kind or TaxIdKind.RFC
    if not number:
        client.tax_id, client.tax_id_kind, client.tax_id_verified = "", "", False
        return
    found = tax_ids.read(TaxIdKind(kind), number)
    client.tax_id, client.tax_id_kind, client.tax_id_verified = found.number, found.kind.value, found.verified


def _check(client: Client, changed: set[str]) -> dict[str, list[str]]:
    """What is wrong with the fields that are new, per field."""
    errors: dict[str, list[str]] = {}
    try:
        client.clean_fields(exclude={field.name for field in Client._meta.fields} - changed)
        if "full_name" in changed:
            check_name(client.full_name)
    except ValidationError as error:
        errors.update(error.message_dict if hasattr(error, "error_dict") else {"full_name": error.messages})
    if not errors and changed & {"email", "notify_channel", "notify_destination"}:
        fault = destination_fault(client.notify_channel, client.notify_destination)
        errors.update({fault[0]: [fault[1]]} if fault else {})
    return errors


def _refuse_money(client: Client) -> None:
    held = [account for account in accounts_of(client.pk) if account.balance]
    if held:
        named = [f"{one.number} ({Money(one.balance, one.currency)})" for one in held[:NAMED_AT_MOST] if one.balance]
        more = [_("y %(count)s más") % {"count": len(held) - NAMED_AT_MOST}] if len(held) > NAMED_AT_MOST else []
        raise ClientHasMoney(accounts=", ".join([*named, *more]))


def _record(client: Client, changed: list[str], actor_id: uuid.UUID) -> None:
    if fields := sorted(set(changed) - {"is_active", "deactivated_at", "tax_id_verified"}):
        record("accounts.client_updated", {"client_id": client.pk, "fields": fields}, actor_id=actor_id)
    if "is_active" in changed:
        name = "accounts.client_reactivated" if client.is_active else "accounts.client_deactivated"
        record(name, {"client_id": client.pk}, actor_id=actor_id)


def _taken(error: IntegrityError) -> DomainError | None:
    if "accounts_unique_client_email" in str(error):
        return ClientEmailTaken()
    if "accounts_unique_tax_id" in str(error):
        return TaxIdTaken()
    return None
