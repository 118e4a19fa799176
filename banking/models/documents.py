"""Statements that were given out as a PDF, so that anybody who is shown one can ask whether it is ours."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ledger.models import Account

CODE_SYMBOLS = 12


class StatementDocument(models.Model):
    """A PDF that was given out, without the PDF: what its public page confirms, and its hash.

    `content` is the hash of all that is printed on it but its own code: the same statement asked for again is the same
    document. Rows are never changed.
    """

    code = models.CharField(_("código"), primary_key=True, max_length=CODE_SYMBOLS)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False, verbose_name=_("cuenta"))
    holder_initials = models.CharField(_("iniciales del titular"), max_length=40)
    account_ending = models.CharField(_("terminación de la cuenta"), max_length=4)
    since = models.DateField(_("desde"))
    until = models.DateField(_("hasta"))
    zone = models.CharField(_("zona horaria"), max_length=64)
    currency = models.CharField(_("moneda"), max_length=3)
    opening = models.DecimalField(_("saldo inicial"), max_digits=19, decimal_places=2)
    closing = models.DecimalField(_("saldo final"), max_digits=19, decimal_places=2)
    content = models.CharField(max_length=64)
    sha256 = models.CharField("SHA-256", max_length=64)
    issued_at = models.DateTimeField(_("expedición"), default=timezone.now)
    issued_by = models.UUIDField(_("expedido por"), null=True)

    class Meta:
        verbose_name = _("extracto expedido")
        verbose_name_plural = _("extractos expedidos")
        constraints = [
            models.UniqueConstraint(fields=["account", "content"], name="banking_one_document"),
            models.UniqueConstraint(fields=["sha256"], name="banking_document_hash"),
            models.CheckConstraint(name="banking_document_code", condition=Q(code__regex=r"^[0-9A-HJKMNP-TV-Z]{12}$")),
        ]

    def __str__(self) -> str:
        return self.code
