"""Bank accounts, by who asks."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Client
from accounts.services.clients import CASH
from banking.models import Currency
from ledger.models import Account, AccountState
from ledger.services import AccountNotFound

NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """One of a client's accounts. `available` is what could leave it now.

    `replayed` says that an earlier call opened it.
    """

    id: int
    client_id: uuid.UUID
    number: str
    alias: str
    currency: str
    balance: Decimal
    available: Decimal
    state: AccountState
    frozen_credits: bool
    is_default: bool
    opened_at: datetime
    replayed: bool = False

    @property
    def name(self) -> str:
        """What to call it: its alias, or what it is."""
        if self.alias:
            return self.alias
        return _("Cuenta principal") if self.is_default else _("Cuenta en %(currency)s") % {"currency": self.currency}

    @property
    def state_label(self) -> str:
        return str(self.state.label)

    @property
    def can_be_default(self) -> bool:
        return self.state == AccountState.OPEN and self.currency == Currency.COP and not self.is_default

    @property
    def can_be_closed(self) -> bool:
        """As far as the account itself tells; a scheduled transfer may stand in the way."""
        return self.state == AccountState.OPEN and not self.balance and not self.is_default


def accounts_of(client_id: uuid.UUID, *, closed: bool = True) -> list[BankAccount]:
    """A client's accounts, the default first, then the oldest; without the `closed` ones if so wished."""
    accounts = _bank_accounts().filter(holder_id=client_id)
    if not closed:
        accounts = accounts.exclude(state=AccountState.CLOSED)
    return [_seen(account) for account in accounts]


def account_for(client_id: uuid.UUID, number: str) -> BankAccount:
    """One of a client's accounts. Raises `AccountNotFound`, also for somebody else's."""
    return _one(_bank_accounts().filter(holder_id=client_id, number=number))


def any_account(number: str) -> BankAccount:
    """For staff: a client's account, whoever's. Raises `AccountNotFound`."""
    return _one(_bank_accounts().filter(number=number))


def _bank_accounts() -> QuerySet[Account]:
    is_default = Exists(Client.objects.filter(cash_account=OuterRef("pk")))
    return (
        Account.objects.filter(kind=CASH)
        .select_related("label")
        .annotate(is_default=is_default)
        .order_by("-is_default", "id")
    )


def _one(found: QuerySet[Account]) -> BankAccount:
    account = found.first()
    if account is None:
        raise AccountNotFound
    return _seen(account)


def _seen(account: Account) -> BankAccount:
    assert account.balance is not None
    assert account.floor is not None
    assert account.holder_id is not None
    state = AccountState(account.state)
    return BankAccount(
        id=account.pk,
        client_id=account.holder_id,
        number=account.number,
        alias=account.label.alias if hasattr(account, "label") else "",
        currency=account.currency,
        balance=account.balance,
        available=account.balance - account.floor if state == AccountState.OPEN else NOTHING,
        state=state,
        frozen_credits=account.frozen_credits,
        is_default=account.is_default,  # type: ignore[attr-defined] # annotated above
        opened_at=account.opened_at,
    )
