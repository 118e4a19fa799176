"""Where people and companies are: countries, their natural regions, provinces, cities.

A slug is what the API and the pages know a place by. It is made from the first name and outlives every rename.
"""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.spelling import check_name
from core.text import Folded


def name_field(longest: int = 100) -> models.CharField[str, str]:
    return models.CharField(_("nombre"), max_length=longest, validators=[check_name])


def slug_field() -> models.SlugField[str, str]:
    return models.SlugField(_("nombre en direcciones"), max_length=80, unique=True, editable=False)


def folded_name() -> models.GeneratedField:
    """The name as it is searched and told apart by; the database keeps it."""
    return models.GeneratedField(
        expression=Folded(F("name")), output_field=models.TextField(db_collation="C"), db_persist=True
    )


class Country(models.Model):
    code = models.CharField(
        _("código ISO 3166-1"),
        primary_key=True,
        max_length=2,
        validators=[RegexValidator(r"^[A-Z]{2}\Z", _("Dos letras mayúsculas, por ejemplo EC."))],
    )
    name = name_field()

    class Meta:
        verbose_name = _("país")
        verbose_name_plural = _("países")
        ordering = ["name", "code"]
        constraints = [models.CheckConstraint(name="accounts_country_code", condition=Q(code__regex=r"^[A-Z]{2}$"))]

    def __str__(self) -> str:
        return self.name


class Region(models.Model):
    country = models.ForeignKey(Country, models.PROTECT, related_name="regions", verbose_name=_("país"))
    code = models.CharField(_("código"), max_length=10)
    name = name_field()
    slug = slug_field()

    class Meta:
        verbose_name = _("región")
        verbose_name_plural = _("regiones")
        ordering = ["country", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["country", "code"], name="accounts_unique_region"),
            # What a province's region and country are held together by.
            models.UniqueConstraint(fields=["id", "country"], name="accounts_region_of_country"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.country_id})"


class Province(models.Model):
    """`code` is the one of the country's statistics office: INEC's two digits in Ecuador."""

    country = models.ForeignKey(
        Country, models.PROTECT, related_name="provinces", editable=False, verbose_name=_("país")
    )
    region = models.ForeignKey(Region, models.PROTECT, related_name="provinces", verbose_name=_("región"))
    code = models.CharField(_("código estadístico"), max_length=10)
    name = name_field()
    slug = slug_field()
    folded = folded_name()

    class Meta:
        verbose_name = _("provincia")
        verbose_name_plural = _("provincias")
        ordering = ["country", "folded", "id"]
        constraints = [
            models.UniqueConstraint(fields=["country", "code"], name="accounts_unique_province_code"),
            models.UniqueConstraint(fields=["country", "folded"], name="accounts_unique_province_name"),
        ]

    def __str__(self) -> str:
        return self.name


class City(models.Model):
    province = models.ForeignKey(Province, models.PROTECT, related_name="cities", verbose_name=_("provincia"))
    name = name_field()
    slug = slug_field()
    is_capital = models.BooleanField(_("capital de provincia"), default=False)
    folded = folded_name()

    class Meta:
        verbose_name = _("ciudad")
        verbose_name_plural = _("ciudades")
        ordering = ["folded", "id"]
        constraints = [
            models.UniqueConstraint(fields=["province", "folded"], name="accounts_unique_city"),
            models.UniqueConstraint(
                fields=["province"],
                condition=Q(is_capital=True),
                name="accounts_one_capital",
                violation_error_message=_("La provincia ya tiene capital."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.province}"
