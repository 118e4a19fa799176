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
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy

from accounts.models import Client, Language, User
from accounts.models.users import is_usable_username
from accounts.services.clients import CURRENCY, ClientEmailTaken, open_client
from accounts.services.destinations import destination_fault
from accounts.spelling import check_name, normalised_email, one_line
from core.errors import DomainError, InvalidInput
from core.ids import uuid7
from ledger import services as ledger
from ledger.services import Leg, Posting

OPENING_GRANT = Decimal("500000.00")


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
    password: str | None,
    notify_channel: str,
    notify_destination: str,
    username: str | None = None,
    language: str = Language.ES,
) -> Registered:
    """Make a user, the client they are, a cash account and the opening grant of COP 500 000: all of it or nothing.

    Without a `username`, one is made from the address; without a `password`, nobody signs in as them. Notices are
    written in `language`. Raises `InvalidRegistration`, `EmailTaken`, `UsernameTaken`.
    """
    user = User(
        email=normalised_email(email),
        full_name=one_line(full_name),
        username=unicodedata.normalize("NFKC", username).strip() if username else "",
        language=language,
    )
    _check_registration(user, password, notify_channel, notify_destination)
    user.username = user.username or _free_username(user.email)
    client = Client(
        id=uuid7(),
        user=user,
        full_name=user.full_name,
        email=user.email,
        notify_channel=notify_channel,
        notify_destination=notify_destination.strip(),
    )
    user.password = make_password(password)  # takes its 20 ms before the transaction, not inside it
    try:
        _write_registration(user, client)
    except ClientEmailTaken as refusal:  # of a client that staff keep; who proves nothing does not become them
        raise EmailTaken from refusal
    except IntegrityError:
        # Whichever of the unique keys spoke first: ask who is there now.
        if User.objects.filter(email__iexact=user.email).exists():
            raise EmailTaken from None
        if not User.objects.filter(username__iexact=user.username).exists():
            raise
        if username:
            raise UsernameTaken from None
        user.username = _free_username(user.email)
        _write_registration(user, client)
    return Registered(user, client, OPENING_GRANT, CURRENCY)


def _write_registration(user: User, client: Client) -> None:
    with transaction.atomic():
        user.save(force_insert=True)
        open_client(client)
        _grant(client)


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


def _check_registration(user: User, password: str | None, notify_channel: str, notify_destination: str) -> None:
    errors: dict[str, list[str]] = {}
    try:
        user.clean_fields(exclude={"password", "last_login"} | ({"username"} if not user.username else set()))
    except ValidationError as error:
        errors.update(error.message_dict)
    try:
        check_name(user.full_name)
    except ValidationError as error:
        errors.setdefault("full_name", error.messages)
    try:
        if password is not None:
            validate_password(password, user)
    except ValidationError as error:
        errors["password"] = list(error.messages)
    if fault := destination_fault(notify_channel, notify_destination.strip()):
        errors[fault[0]] = [fault[1]]
    if errors:
        raise InvalidRegistration(errors)


def _free_username(email: str) -> str:
    """From the address's own name, with a random tail when somebody has it: no hint at who else is here."""
    base = re.sub(r"[^\w.+-]", "", email.partition("@")[0])[:50] or "cliente"
    free = is_usable_username(base) and not User.objects.filter(username__iexact=base).exists()
    return base if free else f"{base}-{secrets.token_hex(3)}"


def taken(error: IntegrityError) -> DomainError | None:
    """What an insert or update of a user says that another one has already."""
    if "accounts_unique_email" in str(error):
        return EmailTaken()
    # The same spelling breaks Django's own constraint as well, and PostgreSQL names whichever it sees first.
    if "accounts_unique_username" in str(error) or "accounts_user_username_key" in str(error):
        return UsernameTaken()
    return None
