"""The directory of companies."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.places import City, folded_name, name_field, slug_field
from accounts.models.users import User
from core.ids import uuid7


class Company(models.Model):
    """A company of somebody's. Its slug is made from its first name and outlives every rename."""

    id = models.UUIDField(_("identificador"), primary_key=True, default=uuid7, editable=False)
    name = name_field(200)
    slug = slug_field()
    description = models.CharField(_("descripción"), max_length=2000, blank=True)
    owner = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="companies", verbose_name=_("dueño"))
    city = models.ForeignKey(
        City, models.PROTECT, null=True, blank=True, related_name="companies", verbose_name=_("ciudad")
    )
    is_active = models.BooleanField(_("activa"), default=True)
    created_at = models.DateTimeField(_("alta"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("último cambio"), default=timezone.now, editable=False)
    folded = folded_name()

    class Meta:
        verbose_name = _("empresa")
        verbose_name_plural = _("empresas")
        ordering = ["folded"]
        indexes = [models.Index(fields=["owner", "folded"], name="accounts_companies_of")]
        constraints = [models.UniqueConstraint(fields=["folded"], name="accounts_unique_company")]

    def __str__(self) -> str:
        return self.name
