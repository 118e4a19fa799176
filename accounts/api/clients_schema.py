"""The shapes of what the clients' routes take and give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, PolymorphicProxySerializer
from rest_framework import serializers

from accounts.api.schema import Input
from accounts.models import NotifyChannel
from accounts.models.clients import TaxIdKind
from accounts.queries.clients import LARGEST_PAGE, LARGEST_SKIP, LONGEST_SEARCH
from accounts.services.clients import ClientChanges

LONGEST_TAX_ID = 40  # as typed, with its separators
ALIASES = {"name": "full_name", "rfc": "tax_id"}


class ClientsQuerySerializer(Input):
    skip = serializers.IntegerField(min_value=0, max_value=LARGEST_SKIP, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=20)
    search = serializers.CharField(
        max_length=LONGEST_SEARCH,
        allow_blank=True,
        default="",
        help_text=_("Parte del nombre, del correo o de la identificación, sin distinguir mayúsculas ni tildes."),
    )
    is_active = serializers.BooleanField(allow_null=True, default=None)


class ClientChangesSerializer(Input):
    """What is absent stays as it is; what is not listed here is ignored, so a client as it was read can be sent back.

    `name` is another name of `full_name`, `rfc` of a `tax_id` whose kind is RFC; `null` and "" take a tax id away.
    """

    full_name = serializers.CharField(max_length=200, required=False)
    name = serializers.CharField(max_length=200, required=False, help_text=_("Lo mismo que full_name."))
    email = serializers.EmailField(max_length=254, required=False)
    rfc = serializers.CharField(
        max_length=LONGEST_TAX_ID,
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text=_("Lo mismo que tax_id con tax_id_kind RFC."),
    )
    tax_id = serializers.CharField(max_length=LONGEST_TAX_ID, required=False, allow_null=True, allow_blank=True)
    tax_id_kind = serializers.ChoiceField(TaxIdKind.choices, required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)
    notify_channel = serializers.ChoiceField(NotifyChannel.choices, required=False)
    notify_destination = serializers.CharField(
        max_length=254, required=False, help_text=_("Si falta, los avisos van al correo del cliente.")
    )

    needed: tuple[str, ...] = ()

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        """The same by the names that the product has for it."""
        self._one_of_two(attrs, "full_name", "name")
        if attrs.get("rfc"):
            if attrs.get("tax_id_kind") not in (None, TaxIdKind.RFC):
                raise serializers.ValidationError({"rfc": [_("Contradice a tax_id_kind.")]})
            attrs["tax_id_kind"] = TaxIdKind.RFC
        elif attrs.get("tax_id"):
            attrs.pop("rfc", None)  # null, as in a client of another kind that was read and is sent back
        self._one_of_two(attrs, "tax_id", "rfc")
        missing = [name for name in self.needed if name not in attrs]
        if missing:
            required = serializers.ErrorDetail(str(serializers.Field.default_error_messages["required"]), "required")
            raise serializers.ValidationError({name: [required] for name in missing})
        if "tax_id" in attrs:
            attrs["tax_id"] = attrs["tax_id"] or ""
        if not attrs.get("tax_id_kind"):
            attrs.pop("tax_id_kind", None)
        return attrs

    def _one_of_two(self, attrs: dict[str, object], name: str, alias: str) -> None:
        if alias in attrs:
            value = attrs.pop(alias)
            if attrs.setdefault(name, value) != value:
                raise serializers.ValidationError({alias: [_("Contradice a %(name)s.") % {"name": name}]})

    def changes(self) -> ClientChanges:
        """What the services take."""
        return cast(ClientChanges, dict(self.validated_data))

    def as_sent(self, errors: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """A refusal's messages beside the names under which the fields at fault were sent."""
        sent = {name: alias for alias, name in ALIASES.items() if self.initial_data.get(alias)}
        return {sent.get(name, name): texts for name, texts in errors.items()}


class NewClientSerializer(ClientChangesSerializer):
    needed = ("full_name", "email")


class WholeClientSerializer(NewClientSerializer):
    """For PUT."""


class AccountOfClientSerializer(serializers.Serializer):  # type: ignore[type-arg]
    number = serializers.CharField()
    currency = serializers.CharField()


class FullClientSerializer(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.UUIDField()
    full_name = serializers.CharField()
    name = serializers.CharField(help_text=_("Lo mismo que full_name."))
    email = serializers.EmailField()
    rfc = serializers.CharField(allow_null=True, help_text=_("tax_id, si es un RFC."))
    tax_id = serializers.CharField(allow_null=True, help_text=_("Sin separadores, en mayúsculas."))
    tax_id_kind = serializers.ChoiceField(TaxIdKind.choices, allow_null=True)
    tax_id_verified = serializers.BooleanField(
        allow_null=True, help_text=_("Si su dígito de control es el que debe ser.")
    )
    is_active = serializers.BooleanField()
    notify_channel = serializers.ChoiceField(NotifyChannel.choices)
    notify_destination = serializers.CharField()
    user_id = serializers.UUIDField(allow_null=True, help_text=_("null si el cliente no inicia sesión."))
    account = AccountOfClientSerializer()
    created_at = serializers.DateTimeField()
    deactivated_at = serializers.DateTimeField(allow_null=True)
    warnings = serializers.ListField(child=serializers.CharField())


class MaskedClientSerializer(serializers.Serializer):  # type: ignore[type-arg]
    initials = serializers.CharField()
    exists = serializers.BooleanField()


CLIENT_BY_RFC = PolymorphicProxySerializer(
    "ClientByRfc", [FullClientSerializer, MaskedClientSerializer], resource_type_field_name=None
)

_CLIENT = {
    "id": "0199d3a1-7c1e-7f1a-9d3b-2f6c1e5a8b11",
    "full_name": "Carlos Perez",
    "name": "Carlos Perez",
    "email": "carlos.perez@example.com",
    "rfc": "PEPJ800101HNE",
    "tax_id": "PEPJ800101HNE",
    "tax_id_kind": "RFC",
    "tax_id_verified": False,
    "is_active": True,
    "notify_channel": "email",
    "notify_destination": "carlos.perez@example.com",
    "user_id": None,
    "account": {"number": "0000000018", "currency": "COP"},
    "created_at": "2026-11-20T14:03:11.482913+00:00",
    "deactivated_at": None,
    "warnings": ["El RFC PEPJ800101HNE está bien formado, pero su dígito de control no corresponde: verifíquelo."],
}
NEW_CLIENT_CALL = OpenApiExample(
    "RFC",
    {"full_name": "Carlos Perez", "email": "carlos.perez@example.com", "rfc": "PEPJ800101HNE"},
    request_only=True,
)
NEW_NAMED_CLIENT_CALL = OpenApiExample(
    "name", {"name": "João Silva", "email": "joao@example.com", "is_active": True}, request_only=True
)
CHANGE_CALL = OpenApiExample("change", {"full_name": "Carlos Pérez", "email": "c.perez@example.com"}, request_only=True)
CREATED = OpenApiExample("created", _CLIENT, response_only=True, status_codes=["201"])
CLIENT = OpenApiExample("client", _CLIENT, response_only=True, status_codes=["200"])
MASKED = OpenApiExample("masked", {"initials": "CP", "exists": True}, response_only=True, status_codes=["200"])
