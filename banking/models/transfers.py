"""Transfers between bank accounts. Rows are written by `banking_transfer` in PostgreSQL, never by `save()`."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Client
from ledger.models import Account, Transaction

LONGEST_MEMO = 100  # characters


class Transfer(models.Model):
    """Money that a client moved from one of their accounts to another account, their own or somebody else's.

    `seq` is drawn under a lock of each party's history (`banking_transfer`), so within a client it grows in the order
    of commits: a page that ends at `seq` can neither repeat nor miss a row, whatever arrives meanwhile.
    """

    seq = models.BigAutoField(primary_key=True)
    transaction = models.OneToOneField(Transaction, models.PROTECT, related_name="+", verbose_name=_("transacción"))
    sender = models.ForeignKey(
        Client, models.PROTECT, related_name="transfers_sent", db_index=False, verbose_name=_("quien envía")
    )
    receiver = models.ForeignKey(
        Client, models.PROTECT, related_name="transfers_received", db_index=False, verbose_name=_("quien recibe")
    )
    source = models.ForeignKey(
        Account, models.PROTECT, related_name="+", db_index=False, verbose_name=_("cuenta de origen")
    )
    target = models.ForeignKey(
        Account, models.PROTECT, related_name="+", db_index=False, verbose_name=_("cuenta de destino")
    )
    amount = models.DecimalField(_("valor"), max_digits=19, decimal_places=2)
    currency = models.CharField(_("moneda"), max_length=3)
    memo = models.CharField(_("concepto"), max_length=LONGEST_MEMO, blank=True)
    recorded_at = models.DateTimeField(_("fecha"))

    class Meta:
        verbose_name = _("transferencia")
        verbose_name_plural = _("transferencias")
        indexes = [
            models.Index(fields=["sender", "-seq"], name="banking_sent"),
            models.Index(fields=["receiver", "-seq"], name="banking_received"),
            models.Index(
                fields=["sender", "currency", "-recorded_at"],
                include=["amount"],
                condition=~Q(sender=F("receiver")),
                name="banking_daily_limit",
            ),
        ]
        constraints = [
            models.CheckConstraint(name="banking_transfer_amount", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="banking_transfer_between_two", condition=~Q(source=F("target"))),
        ]

    def __str__(self) -> str:
        return str(self.transaction_id)
