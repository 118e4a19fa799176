"""What a client calls their accounts. The account itself is the ledger's (`ledger.models.Account`, kind `cash`)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.models import Account

LONGEST_ALIAS = 40  # characters


class Currency(models.TextChoices):
    """The currencies in which a client may open an account."""

    COP = "COP", _("Peso colombiano")
    USD = "USD", _("Dólar estadounidense")
    MXN = "MXN", _("Peso mexicano")
    BRL = "BRL", _("Real brasileño")


class AccountLabel(models.Model):
    """A name that a client gave to one of their accounts; most accounts have none."""

    account = models.OneToOneField(
        Account, models.PROTECT, primary_key=True, related_name="label", verbose_name=_("cuenta")
    )
    alias = models.CharField(_("alias"), max_length=LONGEST_ALIAS)

    class Meta:
        verbose_name = _("alias de cuenta")
        verbose_name_plural = _("alias de cuentas")

    def __str__(self) -> str:
        return self.alias
