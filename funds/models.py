"""Funds, what clients hold in them, and the movements in and out.

Rows of `Position`, `Subscription` and `Movement` are written by `funds_subscribe` and `funds_cancel` in PostgreSQL.
"""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Client
from ledger.models import Account, Transaction


class Category(models.TextChoices):
    FPV = "FPV", _("Fondo de Pensiones Voluntarias")
    FIC = "FIC", _("Fondo de Inversión Colectiva")


class MovementType(models.TextChoices):
    SUBSCRIPTION = "SUBSCRIPTION", _("Suscripción")
    CANCELLATION = "CANCELLATION", _("Cancelación")


class Fund(models.Model):
    """A fund on offer. Its minimum binds new subscriptions only; an inactive fund takes none."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(_("nombre"), max_length=100, unique=True)
    minimum = models.DecimalField(
        _("monto mínimo"), max_digits=19, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    category = models.CharField(_("categoría"), max_length=3, choices=Category)
    currency = models.CharField(
        _("moneda"), max_length=3, default="COP", validators=[RegexValidator(r"^[A-Z]{3}\Z", _("Código ISO 4217."))]
    )
    is_active = models.BooleanField(_("activo"), default=True)

    class Meta:
        verbose_name = _("fondo")
        verbose_name_plural = _("fondos")
        ordering = ["id"]
        constraints = [models.CheckConstraint(name="funds_minimum", condition=Q(minimum__gt=0))]

    def __str__(self) -> str:
        return self.name


class Position(models.Model):
    """A client's holding in a fund is an account of the client's own, so a popular fund is no shared row."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="positions", db_index=False)
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="positions")
    account = models.OneToOneField(Account, models.PROTECT, related_name="position")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "fund"], name="funds_one_position")]

    def __str__(self) -> str:
        return f"{self.client_id} · {self.fund_id}"


class Subscription(models.Model):
    """A subscription, known by the id of its transaction; cancelled once, as a whole."""

    transaction = models.OneToOneField(
        Transaction, models.PROTECT, primary_key=True, related_name="+", verbose_name=_("transacción"), db_column="id"
    )
    client = models.ForeignKey(
        Client, models.PROTECT, related_name="subscriptions", db_index=False, verbose_name=_("cliente")
    )
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="subscriptions", verbose_name=_("fondo"))
    amount = models.DecimalField(_("valor"), max_digits=19, decimal_places=2)
    currency = models.CharField(_("moneda"), max_length=3)
    opened_at = models.DateTimeField(_("fecha"))
    cancellation = models.OneToOneField(
        Transaction, models.PROTECT, null=True, related_name="+", verbose_name=_("cancelación")
    )
    cancelled_at = models.DateTimeField(_("fecha de cancelación"), null=True)

    class Meta:
        verbose_name = _("suscripción")
        verbose_name_plural = _("suscripciones")
        indexes = [
            models.Index(fields=["client", "-opened_at"], name="funds_active", condition=Q(cancellation__isnull=True)),
            models.Index(fields=["-opened_at", "-transaction"], name="funds_newest"),
        ]
        constraints = [
            models.CheckConstraint(
                name="funds_cancelled_whole",
                condition=Q(cancellation__isnull=True, cancelled_at__isnull=True)
                | Q(cancellation__isnull=False, cancelled_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Movement(models.Model):
    """A line of a client's fund history.

    `seq` is drawn while the client's history is locked (`funds_move`), so within a client it grows in the order of
    commits: a page that ends at `seq` can neither repeat nor miss a row, whatever arrives meanwhile.
    """

    seq = models.BigAutoField(primary_key=True)
    transaction = models.OneToOneField(Transaction, models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, models.PROTECT, related_name="movements", db_index=False)
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="movements", db_index=False)
    type = models.CharField(_("tipo"), max_length=12, choices=MovementType)
    amount = models.DecimalField(_("valor"), max_digits=19, decimal_places=2)
    currency = models.CharField(_("moneda"), max_length=3)
    correlation_id = models.UUIDField(_("operación"))
    recorded_at = models.DateTimeField(_("fecha"))

    class Meta:
        indexes = [
            models.Index(fields=["client", "-seq"], name="funds_history"),
            models.Index(fields=["client", "fund", "-seq"], name="funds_history_by_fund"),
            models.Index(fields=["client", "type", "-seq"], name="funds_history_by_type"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.transaction_id}"
