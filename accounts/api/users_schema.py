"""The shapes of what the users' routes take and give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from accounts.api.schema import LONGEST_PASSWORD, ClientSerializer, Input, UserSerializer
from accounts.models import City, Gender, NotifyChannel, Role
from accounts.models.users import FIRST_BIRTH_DATE
from accounts.queries.places import city_by_slug
from accounts.services.users import ProfileChanges, UserChanges
from core.windows import WindowQuerySerializer
from ledger.services import LONGEST_REASON

MOST_POINTS = 2**31 - 1
NAMED_AT_MOST = 20  # unknown fields in one answer


class StrictInput(Input):
    """Refuses fields that it does not know: somebody meant something by them that will not happen."""

    def to_internal_value(self, data: object) -> dict[str, object]:
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self.fields][:NAMED_AT_MOST]
            if unknown:
                raise serializers.ValidationError(
                    {name: [_("Este dato no se puede cambiar aquí.")] for name in unknown}
                )
        return cast(dict[str, object], super().to_internal_value(data))


class UsersQuerySerializer(WindowQuerySerializer):
    search = serializers.CharField(
        max_length=100, required=False, help_text=_("Parte del nombre, del correo o del usuario.")
    )
    role = serializers.ChoiceField(Role.choices, required=False)
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)


class UserRegistrationSerializer(Input):
    """Registering with a username; notices go to the address."""

    username = serializers.CharField(max_length=64)
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=LONGEST_PASSWORD, trim_whitespace=False)
    full_name = serializers.CharField(max_length=200)
    disabled = serializers.BooleanField(default=False, help_text=_("Solo false: quien se registra queda activo."))

    def validate_disabled(self, value: bool) -> bool:
        if value:
            raise serializers.ValidationError(_("Quien se registra queda activo."))
        return value


class ProfileChangesSerializer(StrictInput):
    """What is absent stays as it is."""

    email = serializers.EmailField(max_length=254, required=False)
    full_name = serializers.CharField(max_length=200, required=False)
    gender = serializers.ChoiceField(Gender.choices, required=False, allow_null=True, allow_blank=True)
    birth_date = serializers.DateField(required=False, allow_null=True)
    city = serializers.CharField(max_length=80, required=False, allow_null=True, help_text=_("El slug de la ciudad."))
    notify_channel = serializers.ChoiceField(NotifyChannel.choices, required=False, help_text=_("Solo clientes."))
    notify_destination = serializers.CharField(max_length=254, required=False, help_text=_("Solo clientes."))
    time_zone = serializers.CharField(
        max_length=64, required=False, help_text=_("Solo clientes. De la base IANA, por ejemplo America/Bogota.")
    )

    def validate_gender(self, value: str | None) -> str:
        return value or ""

    def validate_city(self, value: str | None) -> City | None:
        city = city_by_slug(value) if value else None
        if value and city is None:
            raise serializers.ValidationError(_("No conocemos esa ciudad."))
        return city

    def changes(self) -> ProfileChanges:
        """What the services take."""
        return cast(ProfileChanges, dict(self.validated_data))


class UserChangesSerializer(ProfileChangesSerializer):
    """For administrators."""

    role = serializers.ChoiceField(Role.choices, required=False)
    is_active = serializers.BooleanField(required=False)
    disabled = serializers.BooleanField(required=False, help_text=_("Lo contrario de is_active."))
    xp_total = serializers.IntegerField(min_value=0, max_value=MOST_POINTS, required=False)

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        if "disabled" in attrs:
            disabled = attrs.pop("disabled")
            if attrs.setdefault("is_active", not disabled) == disabled:
                raise serializers.ValidationError({"disabled": [_("Contradice a is_active.")]})
        return attrs

    def user_changes(self) -> UserChanges:
        return cast(UserChanges, dict(self.validated_data))


class RoleChangeSerializer(StrictInput):
    role = serializers.ChoiceField(Role.choices)


class SecondFactorRemovalSerializer(StrictInput):
    reason = serializers.CharField(max_length=LONGEST_REASON)


class TokenFormSerializer(Input):
    username = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=LONGEST_PASSWORD, trim_whitespace=False)


class PasswordChangeSerializer(Input):
    old_password = serializers.CharField(max_length=LONGEST_PASSWORD, trim_whitespace=False)
    new_password = serializers.CharField(max_length=LONGEST_PASSWORD, trim_whitespace=False)


class FullUserSerializer(UserSerializer):
    is_active = serializers.BooleanField()
    disabled = serializers.BooleanField()
    date_joined = serializers.DateTimeField()
    gender = serializers.ChoiceField(Gender.choices, allow_null=True)
    birth_date = serializers.DateField(allow_null=True, help_text=f">= {FIRST_BIRTH_DATE}")
    city = serializers.CharField(allow_null=True, help_text="slug")
    city_name = serializers.CharField(allow_null=True)
    xp_total = serializers.IntegerField()


class MeSerializer(FullUserSerializer):
    client = ClientSerializer(allow_null=True)


_USER = {
    "id": "0199d3a1-7c1e-7f1a-9d3b-2f6c1e5a8b10",
    "email": "juan@example.com",
    "full_name": "Juan Pérez",
    "role": "user",
    "username": "juan",
    "is_active": True,
    "disabled": False,
    "date_joined": "2026-11-20T14:02:11.120000-05:00",
    "gender": None,
    "birth_date": None,
    "city": None,
    "city_name": None,
    "xp_total": 0,
}
_ME = {
    **_USER,
    "client": {
        "id": "0199d3a1-7c1e-7f1a-9d3b-2f6c1e5a8b11",
        "balance": "500000.00",
        "currency": "COP",
        "notify_channel": "email",
        "notify_destination": "juan@example.com",
        "time_zone": "America/Bogota",
    },
}
ME = OpenApiExample("me", _ME, response_only=True, status_codes=["200"])
REGISTER_USER_CALL = OpenApiExample(
    "register user",
    {
        "username": "juan",
        "email": "juan@example.com",
        "password": "Mi_Contraseña_123",
        "full_name": "Juan Pérez",
        "disabled": False,
    },
    request_only=True,
)
USER_REGISTERED = OpenApiExample("registered", _ME, response_only=True, status_codes=["201"])
USER = OpenApiExample("user", _USER, response_only=True, status_codes=["200"])
UPDATE_ME_CALL = OpenApiExample(
    "update", {"email": "nuevo@example.com", "full_name": "Juan Carlos Pérez"}, request_only=True
)
UPDATED_ME = OpenApiExample(
    "updated",
    {**_ME, "email": "nuevo@example.com", "full_name": "Juan Carlos Pérez"},
    response_only=True,
    status_codes=["200"],
)
PASSWORD_CALL = OpenApiExample(
    "password", {"old_password": "Secret123!", "new_password": "Otra_Secreta_456"}, request_only=True
)
UPDATE_USER_CALL = OpenApiExample("update user", {"full_name": "Juan Carlos Pérez"}, request_only=True)
ROLE_CALL = OpenApiExample("role", {"role": "support"}, request_only=True)
SECOND_FACTOR_REMOVAL_CALL = OpenApiExample(
    "remove second factor", {"reason": "Perdió el teléfono; lo comprobó la oficina de Quito."}, request_only=True
)
TOKEN_CALL = OpenApiExample(
    "form",
    {"username": "u@test.com", "password": "Secret123!"},
    request_only=True,
    media_type="application/x-www-form-urlencoded",
)
