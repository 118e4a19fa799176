"""What a client does with their accounts: open, name, choose for the funds, close.

Each locks the client's row first and the account after it, as transfers do.
"""

from __future__ import annotations

import uuid
from dataclasses import replace

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Client
from accounts.queries.clients import NotAClient
from accounts.services import clients
from accounts.services.clients import CASH
from accounts.spelling import is_printable, one_line
from banking.models import AccountLabel, Currency, ScheduledTransfer
from banking.models.accounts import LONGEST_ALIAS
from banking.models.schedules import UNFINISHED
from banking.queries.accounts import BankAccount, account_for
from core import idempotency
from core.errors import DomainError
from events.services import record
from ledger import services as ledger
from ledger.models import Account, AccountState
from ledger.services import WrongState

DEFAULT_CURRENCY = Currency.COP


class UnknownCurrency(DomainError):
    code = "unknown_currency"
    field = "currency"
    message = _("Elija la moneda de la cuenta: %(currencies)s.")


class InvalidAlias(DomainError):
    code = "invalid_alias"
    field = "alias"
    message = _("El alias puede tener hasta %(most)s caracteres, sin saltos de línea ni signos invisibles.")


class TooManyAccounts(DomainError):
    code = "too_many_accounts"
    status = 409
    message = _("Ya tiene %(most)s cuentas. Cierre una que no use para abrir otra.")


class AccountIsDefault(DomainError):
    code = "account_is_default"
    status = 409
    message = _("Esta es su cuenta principal. Elija otra como principal antes de cerrarla.")


class AccountHasSchedules(DomainError):
    code = "account_has_schedules"
    status = 409
    message = _("Hay transferencias programadas con esta cuenta. Cancélelas antes de cerrarla.")


class NotADefaultCurrency(DomainError):
    code = "not_a_default_currency"
    status = 409
    message = _("La cuenta principal paga los fondos: debe estar en %(currency)s.")


def open_account(
    *, client_id: uuid.UUID, currency: str, alias: str = "", actor_id: uuid.UUID, idempotency_key: str | None = None
) -> BankAccount:
    """Open an empty account. A retry with the same key answers with the account of the first call.

    Raises `UnknownCurrency`, `InvalidAlias`, `TooManyAccounts`, `NotAClient` or a refusal of `core.idempotency`.
    """
    if currency not in Currency.values:
        raise UnknownCurrency(currencies=", ".join(Currency.values))
    alias = _checked_alias(alias)

    def opened() -> dict[str, str]:
        if _open_accounts(client_id) >= settings.ACCOUNTS_PER_CLIENT:
            raise TooManyAccounts(most=settings.ACCOUNTS_PER_CLIENT)
        account_id = ledger.open_account(kind=CASH, holder_id=client_id, currency=currency)
        if alias:
            AccountLabel.objects.create(account_id=account_id, alias=alias)
        number = Account.objects.values_list("number", flat=True).get(pk=account_id)
        payload = {"client_id": client_id, "number": number, "currency": currency}
        record("banking.account_opened", payload, actor_id=actor_id)
        return {"number": number}

    request = idempotency.request_hash("open_account", client_id, currency, alias)
    with transaction.atomic():
        lock_client(client_id)
        answer = idempotency.once(opened, actor_id=actor_id, key=idempotency_key, request=request)
        return replace(account_for(client_id, str(answer["number"])), replayed="replayed" in answer)


def rename_account(*, client_id: uuid.UUID, number: str, alias: str, actor_id: uuid.UUID) -> BankAccount:
    """Give an account another name, or with an empty `alias` none. Raises `InvalidAlias`, `AccountNotFound`."""
    alias = _checked_alias(alias)
    with transaction.atomic():
        lock_client(client_id)
        account = account_for(client_id, number)
        if alias != account.alias:
            if alias:
                AccountLabel.objects.update_or_create(account_id=account.id, defaults={"alias": alias})
            else:
                AccountLabel.objects.filter(account_id=account.id).delete()
            record("banking.account_renamed", {"client_id": client_id, "number": number}, actor_id=actor_id)
        return account_for(client_id, number)


def close_account(*, client_id: uuid.UUID, number: str, actor_id: uuid.UUID) -> BankAccount:
    """Close an empty account for good.

    Raises `AccountNotFound`, `WrongState` unless it is open, `AccountIsDefault`, `AccountNotEmpty`,
    `AccountHasSchedules`.
    """
    with transaction.atomic():
        lock_client(client_id)
        account = account_for(client_id, number)
        if account.is_default:
            raise AccountIsDefault
        ledger.close(account.id)
        ordered = ScheduledTransfer.objects.filter(client_id=client_id, state__in=UNFINISHED)
        if (ordered.filter(source_id=account.id) | ordered.filter(target_id=account.id)).exists():
            raise AccountHasSchedules
        payload = {"client_id": client_id, "number": number, "currency": account.currency}
        record("banking.account_closed", payload, actor_id=actor_id)
        return account_for(client_id, number)


def set_default_account(*, client_id: uuid.UUID, number: str, actor_id: uuid.UUID) -> BankAccount:
    """Make an open account in pesos the one that funds take from; already it, nothing happens.

    Raises `AccountNotFound`, `NotADefaultCurrency`, `WrongState`.
    """
    with transaction.atomic():
        client = lock_client(client_id)
        account = account_for(client_id, number)
        if account.currency != DEFAULT_CURRENCY:
            raise NotADefaultCurrency(currency=DEFAULT_CURRENCY.value)
        if account.state != AccountState.OPEN:
            raise WrongState(number=number, state=account.state_label)
        if not account.is_default:
            before = Account.objects.values_list("number", flat=True).get(pk=client.cash_account_id)
            client.cash_account_id = account.id
            clients.save(client, ["cash_account"])
            payload = {"client_id": client_id, "number_before": before, "number": number}
            record("banking.default_changed", payload, actor_id=actor_id)
        return account_for(client_id, number)


def lock_client(client_id: uuid.UUID) -> Client:
    """One change of a client's accounts at a time; transfers out of them wait as well."""
    client = Client.objects.select_for_update(no_key=True).filter(pk=client_id).first()
    if client is None:
        raise NotAClient
    return client


def _open_accounts(client_id: uuid.UUID) -> int:
    return Account.objects.filter(holder_id=client_id, kind=CASH).exclude(state=AccountState.CLOSED).count()


def _checked_alias(text: str) -> str:
    alias = one_line(text)
    if len(alias) > LONGEST_ALIAS or not is_printable(alias):
        raise InvalidAlias(most=LONGEST_ALIAS)
    return alias
