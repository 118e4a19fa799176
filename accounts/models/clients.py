"""Those who hold money here. Staff may keep a client who never signs in."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.users import User
from core.ids import uuid7
from ledger.models import Account


class NotifyChannel(models.TextChoices):
    EMAIL = "email", _("Correo electrónico")
    SMS = "sms", _("Mensaje de texto (SMS)")


class Client(models.Model):
    """Somebody who holds money here, in the accounts whose `holder_id` is this row's id."""

    id = models.UUIDField(_("identificador"), primary_key=True, default=uuid7, editable=False)
    user = models.OneToOneField(
        User, models.PROTECT, null=True, blank=True, related_name="client", verbose_name=_("usuario")
    )
    full_name = models.CharField(_("nombre completo"), max_length=200)
    email = models.EmailField(_("correo electrónico"), max_length=254)
    notify_channel = models.CharField(_("canal de avisos"), max_length=5, choices=NotifyChannel)
    notify_destination = models.CharField(_("destino de los avisos"), max_length=254)
    cash_account = models.OneToOneField(
        Account, models.PROTECT, related_name="cash_client", editable=False, verbose_name=_("cuenta de efectivo")
    )
    created_at = models.DateTimeField(_("alta"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("cliente")
        verbose_name_plural = _("clientes")
        indexes = [models.Index(fields=["-created_at"], name="accounts_newest_clients")]

    def __str__(self) -> str:
        return self.full_name
