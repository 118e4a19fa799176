"""The shapes of statements, past balances and documents."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from banking.api.periods_schema import InstantField
from core.openapi import MoneyField


class BalanceQuerySerializer(serializers.Serializer):  # type: ignore[type-arg]
    at = InstantField(required=False, help_text=_("ISO 8601 con diferencia con UTC; sin él, el saldo de ahora."))


class BalanceSerializer(serializers.Serializer):  # type: ignore[type-arg]
    account = serializers.CharField()
    currency = serializers.CharField()
    at = serializers.DateTimeField()
    balance = MoneyField()


class StatementLineSerializer(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.UUIDField(help_text=_("El de la transacción."))
    number = serializers.CharField(help_text=_("El número del comprobante."))
    type = serializers.CharField()
    memo = serializers.CharField()
    counterparty = serializers.CharField(
        allow_null=True, help_text=_("Los cuatro últimos dígitos de la cuenta del otro lado, si es una.")
    )
    amount = MoneyField()
    balance_after = MoneyField()
    created_at = serializers.DateTimeField()
    reverses = serializers.UUIDField(allow_null=True, help_text=_("La transacción que esta deshace."))
    reversed_by = serializers.UUIDField(allow_null=True, help_text=_("La transacción que deshizo esta."))


class StatementSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """opening + money_in - money_out = closing"""

    account = serializers.CharField()
    kind = serializers.CharField()
    holder = serializers.CharField()
    currency = serializers.CharField()
    vars()["from"] = serializers.DateField()
    to = serializers.DateField()
    zone = serializers.CharField()
    start = serializers.DateTimeField(help_text=_("El primer instante del período."))
    end = serializers.DateTimeField(help_text=_("El primer instante después del período."))
    opening = MoneyField()
    money_in = MoneyField()
    money_out = MoneyField()
    closing = MoneyField()
    count = serializers.IntegerField(help_text=_("Movimientos del período."))
    results = StatementLineSerializer(many=True, help_text=_("Del más antiguo al más reciente."))
    next = serializers.URLField(allow_null=True, help_text=_("La página siguiente, o null en la última."))
    next_cursor = serializers.CharField(allow_null=True)


class VerifyQuerySerializer(serializers.Serializer):  # type: ignore[type-arg]
    sha256 = serializers.RegexField(
        r"^[0-9a-fA-F]{64}\Z", required=False, help_text=_("El SHA-256 del archivo que usted tiene, para compararlo.")
    )


class DocumentSerializer(serializers.Serializer):  # type: ignore[type-arg]
    code = serializers.CharField()
    holder_initials = serializers.CharField()
    account_ending = serializers.CharField()
    currency = serializers.CharField()
    vars()["from"] = serializers.DateField()
    to = serializers.DateField()
    zone = serializers.CharField()
    opening = MoneyField()
    closing = MoneyField()
    issued_at = serializers.DateTimeField()
    sha256 = serializers.CharField()
    matches = serializers.BooleanField(
        allow_null=True, help_text=_("Si el sha256 enviado es el del documento; null si no se envió.")
    )


DOCUMENT = OpenApiExample(
    "document",
    {
        "code": "7Q2M-0RX4-K9TB",
        "holder_initials": "A. G.",
        "account_ending": "0018",
        "currency": "COP",
        "from": "2026-11-01",
        "to": "2026-11-30",
        "zone": "America/Bogota",
        "opening": "500000.00",
        "closing": "375000.00",
        "issued_at": "2026-12-01T14:03:11+00:00",
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "matches": None,
    },
    response_only=True,
    status_codes=["200"],
)
