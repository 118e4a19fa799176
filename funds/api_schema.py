"""The shapes of what the funds' API takes and gives: inputs are checked by them, answers only described."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from core.api import AmountField
from core.openapi import MoneyField, PeriodQuerySerializer
from funds.models import Category, MovementType
from funds.services import LARGEST_FUND_ID


class AmountSerializer(serializers.Serializer):  # type: ignore[type-arg]
    amount = AmountField(help_text=_("Número o texto con punto decimal; al menos el mínimo del fondo."))


class HistoryQuerySerializer(PeriodQuerySerializer):
    """What to look for in the history; everything may be left out."""

    type = serializers.ChoiceField(MovementType.choices, required=False)
    fund = serializers.IntegerField(min_value=1, max_value=LARGEST_FUND_ID, required=False)


class FundSerializer(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.IntegerField()
    name = serializers.CharField()
    minimum = MoneyField()
    currency = serializers.CharField()
    category = serializers.ChoiceField(Category.choices)


class MovementSerializer(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.UUIDField()
    type = serializers.ChoiceField(MovementType.choices)
    fund_id = serializers.IntegerField()
    fund_name = serializers.CharField()
    amount = MoneyField()
    currency = serializers.CharField()
    created_at = serializers.DateTimeField()
    correlation_id = serializers.UUIDField(
        help_text=_("El id de la suscripción; una suscripción y su cancelación lo comparten.")
    )


class ReceiptSerializer(MovementSerializer):
    transaction_id = serializers.UUIDField(help_text=_("El mismo que id."))
    balance_after = MoneyField()


class SubscriptionSerializer(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.UUIDField(help_text=_("El de su transacción."))
    fund_id = serializers.IntegerField()
    fund_name = serializers.CharField()
    category = serializers.ChoiceField(Category.choices)
    amount = MoneyField()
    currency = serializers.CharField()
    created_at = serializers.DateTimeField()
    cancelled_at = serializers.DateTimeField(allow_null=True)


class HistorySerializer(serializers.Serializer):  # type: ignore[type-arg]
    results = MovementSerializer(many=True)
    next = serializers.URLField(allow_null=True, help_text=_("La página siguiente, o null en la última."))
    next_cursor = serializers.CharField(allow_null=True)


_ID = "0199d3a1-8f3a-7b2c-a1d4-5e6f708122c1"
_CANCELLATION_ID = "0199d3a2-41b0-7d3e-b2c5-6f7081922d04"
_FUND = {
    "id": 2,
    "name": "FPV_BTG_PACTUAL_ECOPETROL",
    "minimum": "125000.00",
    "currency": "COP",
    "category": "FPV",
}
_MOVEMENT = {
    "id": _ID,
    "type": "SUBSCRIPTION",
    "fund_id": 2,
    "fund_name": "FPV_BTG_PACTUAL_ECOPETROL",
    "amount": "125000.00",
    "currency": "COP",
    "created_at": "2026-11-20T14:03:11.482913+00:00",
    "correlation_id": _ID,
}
SUBSCRIBE_CALL = OpenApiExample("subscribe", {"amount": 125000}, request_only=True)
SUBSCRIBED = OpenApiExample(
    "subscribed",
    {**_MOVEMENT, "transaction_id": _ID, "balance_after": "375000.00"},
    response_only=True,
    status_codes=["201"],
)
CANCELLED = OpenApiExample(
    "cancelled",
    {
        **_MOVEMENT,
        "id": _CANCELLATION_ID,
        "transaction_id": _CANCELLATION_ID,
        "type": "CANCELLATION",
        "balance_after": "500000.00",
    },
    response_only=True,
    status_codes=["200"],
)
FUND = OpenApiExample("fund", _FUND, response_only=True, status_codes=["200"])
HISTORY = OpenApiExample(
    "history",
    {"results": [_MOVEMENT], "next": None, "next_cursor": None},
    response_only=True,
    status_codes=["200"],
)
