"""The shapes of what the directory of companies takes and gives."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from accounts.api.places_schema import LONGEST_SEARCH, LONGEST_SLUG, CitySerializer
from core.windows import WindowQuerySerializer


class CompaniesQuerySerializer(WindowQuerySerializer):
    search = serializers.CharField(
        max_length=LONGEST_SEARCH,
        required=False,
        allow_blank=True,
        help_text=_("Parte del nombre, con o sin tildes y mayúsculas."),
    )
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)


class CompanyInputSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A whole company; what is left out is empty, without a city, active."""

    name = serializers.CharField(
        max_length=200, help_text=_("Único, sin distinguir mayúsculas, tildes ni espacios repetidos.")
    )
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    city = serializers.CharField(
        max_length=LONGEST_SLUG, required=False, allow_null=True, default=None, help_text=_("El slug de una ciudad.")
    )
    is_active = serializers.BooleanField(required=False, default=True)
    owner = serializers.CharField(
        max_length=64, required=False, help_text=_("Nombre de usuario; solo administración nombra a otra persona.")
    )


class OwnerSerializer(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.UUIDField()
    username = serializers.CharField()
    full_name = serializers.CharField()


class CompanySerializer(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.UUIDField()
    slug = serializers.CharField(help_text=_("No cambia aunque cambie el nombre."))
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    city = CitySerializer(allow_null=True)
    owner = OwnerSerializer()
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


_COMPANY = {
    "id": "0199d3a1-9a2b-7c3d-8e4f-5a6b7c8d9e0f",
    "slug": "cafe-de-los-andes",
    "name": "Café de los Andes",
    "description": "",
    "city": {
        "slug": "quito",
        "name": "Quito",
        "is_capital": True,
        "province": {"slug": "pichincha", "name": "Pichincha"},
    },
    "owner": {"id": "0199d3a1-7c1e-7f1a-9d3b-2f6c1e5a8b10", "username": "u", "full_name": "User Test"},
    "is_active": True,
    "created_at": "2026-11-20T14:03:11.482913+00:00",
    "updated_at": "2026-11-20T14:03:11.482913+00:00",
}
CREATE_CALL = OpenApiExample("create", {"name": "Café de los Andes", "city": "quito"}, request_only=True)
REPLACE_CALL = OpenApiExample(
    "replace", {"name": "Café de los Andes", "description": "Tostaduría", "city": "cuenca"}, request_only=True
)
CHANGE_CALL = OpenApiExample("change", {"name": "Café de los Andes S. A."}, request_only=True)
CREATED = OpenApiExample("created", _COMPANY, response_only=True, status_codes=["201"])
COMPANY = OpenApiExample("company", _COMPANY, response_only=True, status_codes=["200"])
