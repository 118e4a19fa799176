"""The books. Rows are written by PostgreSQL's own functions (`ledger_open_account`, `ledger_post`), not by `save()`."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class AccountState(models.TextChoices):
    OPEN = "open", _("Abierta")
    FROZEN = "frozen", _("Congelada")
    CLOSED = "closed", _("Cerrada")


class Account(models.Model):
    """A place money can be: a holder's account with a running balance and a floor under it, or a house account.

    House accounts keep no balance (a row that every posting touches would make them all wait for it): it is a sum.
    From a frozen account nothing leaves; whether anything comes in is chosen with the freeze (`frozen_credits`).
    The ledger knows a holder by id only; the app above ties it to a person.
    """

    HOUSE = "house"

    number = models.CharField(_("número"), max_length=40, unique=True)
    kind = models.CharField(_("tipo"), max_length=20)
    holder_id = models.UUIDField(_("titular"), null=True)
    currency = models.CharField(_("moneda"), max_length=3)
    balance = models.DecimalField(_("saldo"), max_digits=19, decimal_places=2, null=True)
    floor = models.DecimalField(_("saldo mínimo"), max_digits=19, decimal_places=2, null=True)
    state = models.CharField(_("estado"), max_length=10, choices=AccountState, default=AccountState.OPEN)
    frozen_credits = models.BooleanField(_("recibe congelada"), default=False, db_default=False)
    opened_at = models.DateTimeField(_("apertura"), auto_now_add=True)

    class Meta:
        verbose_name = _("cuenta")
        verbose_name_plural = _("cuentas")
        indexes = [models.Index(fields=["holder_id", "id"], name="ledger_by_holder")]
        constraints = [
            models.CheckConstraint(
                name="ledger_floor",
                condition=Q(balance__isnull=True) | Q(floor__isnull=True) | Q(balance__gte=F("floor")),
            ),
            models.CheckConstraint(
                name="ledger_house",
                condition=Q(kind="house", balance__isnull=True, floor__isnull=True, holder_id__isnull=True)
                | (~Q(kind="house") & Q(balance__isnull=False, floor__isnull=False, holder_id__isnull=False)),
            ),
            models.CheckConstraint(name="ledger_frozen_credits", condition=Q(frozen_credits=False) | Q(state="frozen")),
            models.CheckConstraint(name="ledger_state", condition=Q(state__in=AccountState.values)),
            models.CheckConstraint(name="ledger_currency", condition=Q(currency__regex=r"^[A-Z]{3}$")),
        ]

    def __str__(self) -> str:
        return self.number


class Transaction(models.Model):
    """One fact of the books: entries that sum to zero in each currency, posted together or not at all."""

    id = models.UUIDField(_("identificador"), primary_key=True)
    kind = models.CharField(_("tipo"), max_length=32)
    correlation_id = models.UUIDField(_("operación"))
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="reversed_by", verbose_name=_("revierte")
    )
    entry_count = models.PositiveSmallIntegerField(_("asientos"))
    memo = models.CharField(_("nota"), max_length=200, blank=True)
    recorded_at = models.DateTimeField(_("fecha"))

    class Meta:
        verbose_name = _("transacción")
        verbose_name_plural = _("transacciones")
        indexes = [
            models.Index(fields=["correlation_id"], name="ledger_by_correlation"),
            models.Index(fields=["-recorded_at", "-id"], name="ledger_by_date"),
            models.Index(fields=["kind", "-recorded_at", "-id"], name="ledger_by_kind"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Entry(models.Model):
    """What a transaction does to one account; `balance_after` chains an account's entries (null on house accounts)."""

    transaction = models.ForeignKey(
        Transaction, models.PROTECT, related_name="entries", db_index=False, verbose_name=_("transacción")
    )
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="entries", db_index=False, verbose_name=_("cuenta")
    )
    currency = models.CharField(_("moneda"), max_length=3)
    amount = models.DecimalField(_("valor"), max_digits=19, decimal_places=2)
    balance_after = models.DecimalField(_("saldo posterior"), max_digits=19, decimal_places=2, null=True)

    class Meta:
        verbose_name = _("asiento")
        verbose_name_plural = _("asientos")
        indexes = [
            models.Index(fields=["account", "-id"], name="ledger_statement"),
            # Nearly all entries are in pesos; what is not is found by this, and pesos pay nothing for it.
            models.Index(fields=["currency", "transaction"], condition=~Q(currency="COP"), name="ledger_foreign"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["transaction", "account"], name="ledger_one_entry_per_account"),
            models.CheckConstraint(name="ledger_moves_something", condition=~Q(amount=0)),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
