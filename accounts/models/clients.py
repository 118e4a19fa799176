"""Those who hold money here. Staff may keep a client who never signs in."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Left, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.users import User
from core.ids import uuid7
from core.periods import zone_names
from core.text import Folded
from ledger.models import Account

DEFAULT_TIME_ZONE = "America/Bogota"


def known_time_zone(name: str) -> None:
    """A place of the IANA's. PostgreSQL has the last word: what it does not know is no client's zone."""
    if name not in zone_names():
        raise ValidationError(_("Elija una zona horaria, por ejemplo America/Bogota."))


class NotifyChannel(models.TextChoices):
    EMAIL = "email", _("Correo electrónico")
    SMS = "sms", _("Mensaje de texto (SMS)")


class TaxIdKind(models.TextChoices):
    RFC = "RFC", _("RFC (México)")
    CURP = "CURP", _("CURP (México)")
    NIT = "NIT", _("NIT (Colombia)")
    CC = "CC", _("Cédula de ciudadanía (Colombia)")
    RUC = "RUC", _("RUC (Ecuador)")
    CPF = "CPF", _("CPF (Brasil)")
    CNPJ = "CNPJ", _("CNPJ (Brasil)")


class Client(models.Model):
    """Somebody who holds money here, in the accounts whose `holder_id` is this row's id.

    Nobody is deleted: who leaves is made inactive, which takes empty accounts, and the database lets no money into the
    accounts of an inactive client. Rows are written by `accounts.services.clients`, which says so to whoever keeps a
    copy: `revision` grows with every change.
    """

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
    tax_id_kind = models.CharField(_("tipo de identificación"), max_length=4, choices=TaxIdKind, blank=True, default="")
    tax_id = models.CharField(_("identificación tributaria"), max_length=18, blank=True, default="")
    tax_id_verified = models.BooleanField(_("dígito de control correcto"), default=False, editable=False)
    is_active = models.BooleanField(_("activo"), default=True, editable=False)
    deactivated_at = models.DateTimeField(_("baja"), null=True, editable=False)
    time_zone = models.CharField(
        _("zona horaria"),
        max_length=64,
        default=DEFAULT_TIME_ZONE,
        db_default=DEFAULT_TIME_ZONE,
        validators=[known_time_zone],
    )
    # Written by the table itself (time_zone_v1.sql).
    time_zone_changed_at = models.DateTimeField(_("cambio de zona horaria"), null=True, editable=False)
    revision = models.BigIntegerField(default=0, editable=False)
    # Cut, so that no name outgrows its index: a character may fold to eighteen.
    sort_name = models.GeneratedField(
        expression=Left(Folded(F("full_name")), 100),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )
    searched = models.GeneratedField(
        expression=Folded(
            Concat("full_name", Value(" "), "email", Value(" "), "tax_id", output_field=models.TextField())
        ),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("cliente")
        verbose_name_plural = _("clientes")
        indexes = [
            models.Index(fields=["-created_at"], name="accounts_newest_clients"),
            models.Index(fields=["sort_name", "id"], name="accounts_clients_by_name"),
            models.Index(fields=["sort_name", "id"], condition=Q(is_active=False), name="accounts_inactive_clients"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["tax_id", "tax_id_kind"], condition=~Q(tax_id=""), name="accounts_unique_tax_id"
            ),
            models.UniqueConstraint(Lower("email"), condition=Q(is_active=True), name="accounts_unique_client_email"),
            models.CheckConstraint(
                name="accounts_tax_id",
                condition=Q(tax_id="", tax_id_kind="", tax_id_verified=False)
                | (~Q(tax_id="") & Q(tax_id_kind__in=TaxIdKind.values)),
            ),
            models.CheckConstraint(
                name="accounts_deactivated",
                condition=Q(is_active=True, deactivated_at__isnull=True)
                | Q(is_active=False, deactivated_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name
