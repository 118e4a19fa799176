"""What is to be sent to whom, every attempt at it, and what people want to be spared.

The notice itself is a document (`events.documents.models.Notification`); these rows are about carrying it.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, NotifyChannel, User


class Topic(models.TextChoices):
    """What notices are about. `MANDATORY` ones cannot be declined."""

    FUNDS = "funds", _("Suscripciones y cancelaciones")
    TRANSFERS = "transfers", _("Transferencias")
    ACCOUNT = "account", _("Su cuenta")
    SECURITY = "security", _("Seguridad")


MANDATORY = frozenset({Topic.ACCOUNT, Topic.SECURITY})
OPTIONAL = tuple(topic for topic in Topic if topic not in MANDATORY)


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("Por enviar")
    SENT = "sent", _("Enviado")
    FAILED = "failed", _("No se pudo enviar")
    SKIPPED = "skipped", _("No se envía")


class Delivery(models.Model):
    """One notice by one channel to one address. The id is made of event, person and channel: twice is once.

    `params` fill the text of the rule `kind` (`notifications.rules`). `user` is null for a client who does not sign in.
    """

    id = models.UUIDField(_("identificador"), primary_key=True, editable=False)
    event_id = models.UUIDField(_("evento"), db_index=True)
    kind = models.CharField(_("aviso"), max_length=64)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("usuario"))
    client = models.ForeignKey(Client, models.PROTECT, null=True, related_name="+", verbose_name=_("cliente"))
    channel = models.CharField(_("canal"), max_length=5, choices=NotifyChannel)
    destination = models.CharField(_("destino"), max_length=254)
    # Whether that is the address they sign in with, whatever they have chosen for notices.
    to_own_address = models.BooleanField(_("al correo de ingreso"), default=False)
    language = models.CharField(_("idioma"), max_length=5)
    params = models.JSONField(_("contenido"))
    happened_at = models.DateTimeField(_("fecha del hecho"))
    state = models.CharField(_("estado"), max_length=7, choices=DeliveryState)
    reason = models.CharField(_("motivo"), max_length=500, blank=True, default="")
    attempts_made = models.PositiveSmallIntegerField(_("intentos"), default=0)
    next_attempt_at = models.DateTimeField(_("próximo intento"), null=True)
    created_at = models.DateTimeField(_("fecha"), default=timezone.now)
    sent_at = models.DateTimeField(_("enviado"), null=True)

    class Meta:
        verbose_name = _("envío")
        verbose_name_plural = _("envíos")
        indexes = [
            models.Index(fields=["-created_at"], name="notifications_newest"),
            models.Index(fields=["user", "kind", "-happened_at"], name="notifications_told"),
            models.Index(
                fields=["next_attempt_at"], name="notifications_due", condition=models.Q(state=DeliveryState.PENDING)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="notifications_due_while_pending",
                condition=models.Q(state=DeliveryState.PENDING, next_attempt_at__isnull=False)
                | (~models.Q(state=DeliveryState.PENDING) & models.Q(next_attempt_at__isnull=True)),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} → {self.destination}"


class AttemptResult(models.TextChoices):
    BEGUN = "begun", _("Sin respuesta")
    SENT = "sent", _("Enviado")
    FAILED = "failed", _("Falló")


class Attempt(models.Model):
    """One try at a delivery. It is `BEGUN` while it lasts, and for ever if the process was killed in the middle."""

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="attempts", verbose_name=_("envío"))
    begun_at = models.DateTimeField(_("fecha"), default=timezone.now)
    ended_at = models.DateTimeField(_("fin"), null=True)
    channel = models.CharField(_("canal"), max_length=5, choices=NotifyChannel)
    destination = models.CharField(_("destino"), max_length=254)
    result = models.CharField(_("resultado"), max_length=6, choices=AttemptResult, default=AttemptResult.BEGUN)
    detail = models.CharField(_("detalle"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("intento de envío")
        verbose_name_plural = _("intentos de envío")

    def __str__(self) -> str:
        return f"{self.begun_at:%Y-%m-%d %H:%M} {self.result}"


class Declined(models.Model):
    """A topic about which a user wants no messages. The notices still stand on their page."""

    user = models.ForeignKey(User, models.PROTECT, related_name="declined_topics")
    topic = models.CharField(max_length=10, choices=Topic)

    class Meta:
        db_table = "notifications_declined"
        constraints = [models.UniqueConstraint(fields=["user", "topic"], name="notifications_declined_once")]

    def __str__(self) -> str:
        return self.topic
