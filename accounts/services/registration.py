"""Registering as a client."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Client, NotifyChannel, User
from accounts.models.users import is_usable_username
from accounts.spelling import is_printable, normalised_email
from core.errors import DomainError, InvalidInput
from core.ids import uuid7
from ledger import services as ledger
from ledger.services import Leg, Posting

OPENING_GRANT = Decimal("500000.00")
CURRENCY = "COP"
CASH = "cash"
_PHONE = re.compile(r"\+?\d[\d -]{5,18}\d", re.ASCII)


class InvalidRegistration(InvalidInput):
    """What is wrong, per field."""


class EmailTaken(DomainError):
    code = "email_taken"
    field = "email"
    message = gettext_lazy("Ya hay un usuario con este correo electrónico.")


class UsernameTaken(DomainError):
    code = "username_taken"
    field = "username"
    message = gettext_lazy("Ese nombre de usuario ya está en uso.")


@dataclass(frozen=True, slots=True)
class Registered:
    user: User
    client: Client
    balance: Decimal
    currency: str


def register(
    *,
    email: str,
    full_name: str,
    password: str,
    notify_channel: str,
    notify_destination: str,
    username: str | None = None,
) -> Registered:
    """Make a user, the client they are, a cash account and the opening grant of COP 500 000: all of it or nothing.

    Without a `username`, one is made from the address. Raises `InvalidRegistration`, `EmailTaken`, `UsernameTaken`.
    """
    user = User(
        email=normalised_email(email),
        full_name=" ".join(full_name.split()),
        username=unicodedata.normalize("NFKC", username).strip() if username else "",
    )
    _check_registration(user, password, notify_channel, notify_destination)
    user.username = user.username or _free_username(user.email)
    user.password = make_password(password)  # takes its 20 ms before the transaction, not inside it
    try:
        client = _write_registration(user, notify_channel, notify_destination)
    except IntegrityError:
        # Whichever of the unique keys spoke first: ask who is there now.
        if User.objects.filter(email__iexact=user.email).exists():
            raise EmailTaken from None
        if not User.objects.filter(username__iexact=user.username).exists():
            raise
        if username:
            raise UsernameTaken from None
        user.username = _free_username(user.email)
        client = _write_registration(user, notify_channel, notify_destination)
    return Registered(user, client, OPENING_GRANT, CURRENCY)


def _write_registration(user: User, notify_channel: str, notify_destination: str) -> Client:
    with transaction.atomic():
        user.save(force_insert=True)
        client = _open_client(user, notify_channel, notify_destination.strip())
        _grant(client)
    return client


def _open_client(user: User, notify_channel: str, notify_destination: str) -> Client:
    client_id = uuid7()
    account_id = ledger.open_account(kind=CASH, holder_id=client_id, currency=CURRENCY)
    return Client.objects.create(
        id=client_id,
        user=user,
        full_name=user.full_name,
        email=user.email,
        notify_channel=notify_channel,
        notify_destination=notify_destination,
        cash_account_id=account_id,
    )


def _grant(client: Client) -> None:
    grant_id = uuid7()
    ledger.post(
        Posting(
            id=grant_id,
            kind="OPENING_GRANT",
            legs=[
                Leg(ledger.house_account("opening-grants", CURRENCY), -OPENING_GRANT),
                Leg(client.cash_account_id, OPENING_GRANT),
            ],
            event="accounts.user_registered",
            payload={
                "user_id": client.user_id,
                "client_id": client.pk,
                "transaction_id": grant_id,
                "amount": OPENING_GRANT,
                "currency": CURRENCY,
            },
        ),
        actor_id=client.user_id,
    )


def _check_registration(user: User, password: str, notify_channel: str, notify_destination: str) -> None:
    errors: dict[str, list[str]] = {}
    try:
        user.clean_fields(exclude={"password", "last_login"} | ({"username"} if not user.username else set()))
    except ValidationError as error:
        errors.update(error.message_dict)
    if not is_printable(user.full_name):
        errors["full_name"] = [_("El nombre tiene caracteres que no se pueden mostrar.")]
    try:
        validate_password(password, user)
    except ValidationError as error:
        errors["password"] = list(error.messages)
    if fault := destination_fault(notify_channel, notify_destination.strip()):
        errors[fault[0]] = [fault[1]]
    if errors:
        raise InvalidRegistration(errors)


def destination_fault(channel: str, destination: str) -> tuple[str, str] | None:
    """The field at fault and why, if notices cannot go there."""
    match channel:
        case NotifyChannel.EMAIL:
            try:
                validate_email(destination)
            except ValidationError:
                return "notify_destination", _("Escriba el correo electrónico que recibirá los avisos.")
        case NotifyChannel.SMS:
            if not _PHONE.fullmatch(destination):
                return "notify_destination", _(
                    "Escriba el número de celular con indicativo, por ejemplo +57 300 123 4567."
                )
        case _:
            return "notify_channel", _("Elija correo electrónico o mensaje de texto.")
    return None


def _free_username(email: str) -> str:
    """From the address's own name, with a random tail when somebody has it: no hint at who else is here."""
    base = re.sub(r"[^\w.+-]", "", email.partition("@")[0])[:50] or "cliente"
    free = is_usable_username(base) and not User.objects.filter(username__iexact=base).exists()
    return base if free else f"{base}-{secrets.token_hex(3)}"


def taken(error: IntegrityError) -> DomainError | None:
    """What an insert or update of a user says that another one has already."""
    if "accounts_unique_email" in str(error):
        return EmailTaken()
    if "accounts_unique_username" in str(error) or "accounts_user_username_key" in str(error):
        return UsernameTaken()
    return None
