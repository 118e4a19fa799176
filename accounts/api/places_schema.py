"""The shapes of what the catalogue of places takes and gives."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from core.paging import LARGEST_PAGE
from core.windows import WindowQuerySerializer

LONGEST_SLUG = 80
LONGEST_SEARCH = 100
LISTED = LARGEST_PAGE  # places, unless fewer are asked for: a province's cities come at once


class ProvincesQuerySerializer(WindowQuerySerializer):
    region = serializers.CharField(
        max_length=LONGEST_SLUG,
        required=False,
        allow_blank=True,
        help_text=_("El slug de una región, por ejemplo sierra."),
    )
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=LISTED)


class CitiesQuerySerializer(WindowQuerySerializer):
    province = serializers.CharField(
        max_length=LONGEST_SLUG,
        required=False,
        allow_blank=True,
        help_text=_("El slug de una provincia, por ejemplo pichincha."),
    )
    search = serializers.CharField(
        max_length=LONGEST_SEARCH,
        required=False,
        allow_blank=True,
        help_text=_("Parte del nombre, con o sin tildes y mayúsculas."),
    )
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=LISTED)


class NamedSerializer(serializers.Serializer):  # type: ignore[type-arg]
    slug = serializers.CharField(help_text=_("No cambia aunque cambie el nombre."))
    name = serializers.CharField()


class CountrySerializer(serializers.Serializer):  # type: ignore[type-arg]
    code = serializers.CharField(help_text="ISO 3166-1 alpha-2")
    name = serializers.CharField()


class RegionSerializer(NamedSerializer):
    code = serializers.CharField()
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2")


class ProvinceSerializer(NamedSerializer):
    code = serializers.CharField(help_text=_("El del instituto de estadística del país; en Ecuador, el del INEC."))
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2")
    region = NamedSerializer()
    capital = NamedSerializer(allow_null=True)


class CitySerializer(NamedSerializer):
    is_capital = serializers.BooleanField(help_text=_("Si es la capital de su provincia."))
    province = NamedSerializer()


class ProvinceCitySerializer(NamedSerializer):
    is_capital = serializers.BooleanField()


class ProvinceDetailSerializer(ProvinceSerializer):
    cities = ProvinceCitySerializer(many=True)


_REGION = {"slug": "sierra", "name": "Sierra"}
_PROVINCE = {
    "slug": "pichincha",
    "name": "Pichincha",
    "code": "17",
    "country": "EC",
    "region": _REGION,
    "capital": {"slug": "quito", "name": "Quito"},
}
COUNTRY = OpenApiExample("country", {"code": "EC", "name": "Ecuador"}, response_only=True, status_codes=["200"])
REGION = OpenApiExample(
    "region", {**_REGION, "code": "sierra", "country": "EC"}, response_only=True, status_codes=["200"]
)
PROVINCE = OpenApiExample("province", _PROVINCE, response_only=True, status_codes=["200"])
PROVINCE_DETAIL = OpenApiExample(
    "province with cities",
    {**_PROVINCE, "cities": [{"slug": "quito", "name": "Quito", "is_capital": True}]},
    response_only=True,
    status_codes=["200"],
)
CITY = OpenApiExample(
    "city",
    {"slug": "quito", "name": "Quito", "is_capital": True, "province": {"slug": "pichincha", "name": "Pichincha"}},
    response_only=True,
    status_codes=["200"],
)
