"""The shapes of what the accounts' API takes and gives: inputs are checked by them, answers only described."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, PolymorphicProxySerializer
from rest_framework import serializers

from accounts.models import NotifyChannel, Role
from core.openapi import MoneyField

LONGEST_PASSWORD = 1024


class Input(serializers.Serializer):  # type: ignore[type-arg]
    """A request's body."""


class RegistrationSerializer(Input):
    email = serializers.EmailField(max_length=254)
    full_name = serializers.CharField(max_length=200)
    password = serializers.CharField(max_length=LONGEST_PASSWORD, trim_whitespace=False)
    username = serializers.CharField(max_length=64, required=False)
    notify_channel = serializers.ChoiceField(NotifyChannel.choices)
    notify_destination = serializers.CharField(max_length=254)


class LoginSerializer(Input):
    """`email` takes a username too; `username` is there for those who find that odd."""

    email = serializers.CharField(max_length=254, required=False)
    username = serializers.CharField(max_length=254, required=False)
    password = serializers.CharField(max_length=LONGEST_PASSWORD, trim_whitespace=False)

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        if not attrs.get("email") and not attrs.get("username"):
            required = self.fields["email"].error_messages["required"]
            raise serializers.ValidationError({"email": [serializers.ErrorDetail(str(required), "required")]})
        return attrs


class RefreshSerializer(Input):
    refresh_token = serializers.CharField(max_length=4096)


class OptionalRefreshSerializer(Input):
    refresh_token = serializers.CharField(max_length=4096, required=False)


class SecondFactorSerializer(Input):
    mfa_ticket = serializers.CharField(max_length=4096)
    code = serializers.CharField(max_length=64)


class PersonSerializer(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.UUIDField()
    email = serializers.EmailField()
    full_name = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)


class UserSerializer(PersonSerializer):
    username = serializers.CharField()


class RegisteredSerializer(serializers.Serializer):  # type: ignore[type-arg]
    user = UserSerializer()
    client_id = serializers.UUIDField()
    balance = MoneyField()
    currency = serializers.CharField()


class TokensSerializer(serializers.Serializer):  # type: ignore[type-arg]
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="s")


class SignedInSerializer(TokensSerializer):
    user = PersonSerializer()


class SecondFactorWantedSerializer(serializers.Serializer):  # type: ignore[type-arg]
    mfa_required = serializers.BooleanField()
    mfa_ticket = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="s")


class RenewedSerializer(serializers.Serializer):  # type: ignore[type-arg]
    access_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="s")


LOGIN_ANSWER = PolymorphicProxySerializer(
    "LoginAnswer", [SignedInSerializer, SecondFactorWantedSerializer], resource_type_field_name=None
)
RENEWED_ANSWER = PolymorphicProxySerializer(
    "RenewedAnswer", [RenewedSerializer, TokensSerializer], resource_type_field_name=None
)


class ClientSerializer(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.UUIDField()
    balance = MoneyField()
    currency = serializers.CharField()
    notify_channel = serializers.ChoiceField(NotifyChannel.choices)
    notify_destination = serializers.CharField()
    time_zone = serializers.CharField()


_USER_ID = "0199d3a1-7c1e-7f1a-9d3b-2f6c1e5a8b10"
_CLIENT_ID = "0199d3a1-7c1e-7f1a-9d3b-2f6c1e5a8b11"
_PERSON = {"id": _USER_ID, "email": "u@test.com", "full_name": "User Test", "role": "user"}
_TOKENS = {"access_token": "eyJ…", "refresh_token": "eyJ…", "token_type": "bearer", "expires_in": 1800}

REGISTER_CALL = OpenApiExample(
    "register",
    {
        "email": "u@test.com",
        "full_name": "User Test",
        "password": "Secret123!",
        "notify_channel": "email",
        "notify_destination": "u@test.com",
    },
    request_only=True,
)
REGISTERED = OpenApiExample(
    "registered",
    {
        "user": {**_PERSON, "username": "u"},
        "client_id": _CLIENT_ID,
        "balance": "500000.00",
        "currency": "COP",
    },
    response_only=True,
    status_codes=["201"],
)
LOGIN_CALL = OpenApiExample("login", {"email": "u@test.com", "password": "Secret123!"}, request_only=True)
SIGNED_IN = OpenApiExample("signed in", {**_TOKENS, "user": _PERSON}, response_only=True, status_codes=["200"])
SECOND_FACTOR_WANTED = OpenApiExample(
    "second factor wanted",
    {"mfa_required": True, "mfa_ticket": "eyJ…", "expires_in": 300},
    response_only=True,
    status_codes=["200"],
)
SECOND_FACTOR_CALL = OpenApiExample("code", {"mfa_ticket": "eyJ…", "code": "123456"}, request_only=True)
RENEWED = OpenApiExample(
    "renewed",
    {"access_token": "eyJ…", "token_type": "bearer", "expires_in": 1800},
    response_only=True,
    status_codes=["200"],
)
REFRESH_CALL = OpenApiExample("refresh", {"refresh_token": "eyJ…"}, request_only=True)
REFRESHED = OpenApiExample("refreshed", _TOKENS, response_only=True, status_codes=["200"])
