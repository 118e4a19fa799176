"""The shapes of the reports for staff."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from banking.api.periods_schema import PagedPeriodQuerySerializer, ZoneField
from banking.models import Currency
from core.openapi import MoneyField
from core.paging import LARGEST_PAGE
from ledger.models import AccountState

LONGEST_KIND = 32


class TransactionsQuerySerializer(PagedPeriodQuerySerializer):
    type = serializers.CharField(max_length=LONGEST_KIND, required=False, help_text=_("Como TRANSFER o SUBSCRIPTION."))
    currency = serializers.ChoiceField(Currency.choices, required=False)
    client = serializers.UUIDField(required=False, help_text=_("El id de un cliente: lo que tocó sus cuentas."))


class AccountsQuerySerializer(serializers.Serializer):  # type: ignore[type-arg]
    state = serializers.ChoiceField(AccountState.choices, required=False)
    currency = serializers.ChoiceField(Currency.choices, required=False)
    kind = serializers.CharField(max_length=20, required=False, help_text=_("Como cash o position."))
    zone = ZoneField()
    cursor = serializers.CharField(required=False, help_text=_("El next_cursor de la página anterior."))
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=LARGEST_PAGE)


class TrialBalanceQuerySerializer(serializers.Serializer):  # type: ignore[type-arg]
    date = serializers.DateField(required=False, help_text=_("Al final de este día; sin él, hasta ahora."))
    zone = ZoneField()


class _SideSerializer(serializers.Serializer):  # type: ignore[type-arg]
    number = serializers.CharField(help_text=_("El de la cuenta, o cuántas son."))
    holder = serializers.CharField()


class TransactionRowSerializer(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.UUIDField()
    number = serializers.CharField(help_text=_("El número del comprobante."))
    type = serializers.CharField()
    currency = serializers.CharField()
    amount = MoneyField()

    def get_fields(self) -> dict[str, Any]:
        """`source` is a word of the framework's own."""
        fields: dict[str, Any] = super().get_fields()
        return {
            **fields,
            "source": _SideSerializer(),
            "target": _SideSerializer(),
            "memo": serializers.CharField(),
            "created_at": serializers.DateTimeField(),
            "reverses": serializers.UUIDField(allow_null=True),
            "reversed_by": serializers.UUIDField(allow_null=True),
        }


class TransactionTotalSerializer(serializers.Serializer):  # type: ignore[type-arg]
    currency = serializers.CharField()
    type = serializers.CharField()
    count = serializers.IntegerField()
    amount = MoneyField()


class TransactionsReportSerializer(serializers.Serializer):  # type: ignore[type-arg]
    vars()["from"] = serializers.DateField()
    to = serializers.DateField()
    zone = serializers.CharField()
    totals = TransactionTotalSerializer(many=True, help_text=_("De todo el período, por moneda y tipo."))
    results = TransactionRowSerializer(many=True, help_text=_("La más reciente primero."))
    next = serializers.URLField(allow_null=True, help_text=_("La página siguiente, o null en la última."))
    next_cursor = serializers.CharField(allow_null=True)


class AccountRowSerializer(serializers.Serializer):  # type: ignore[type-arg]
    number = serializers.CharField()
    kind = serializers.CharField()
    client_id = serializers.UUIDField()
    holder = serializers.CharField()
    currency = serializers.CharField()
    state = serializers.ChoiceField(AccountState.choices)
    balance = MoneyField()
    opened_at = serializers.DateTimeField()


class AccountTotalSerializer(serializers.Serializer):  # type: ignore[type-arg]
    currency = serializers.CharField()
    state = serializers.ChoiceField(AccountState.choices)
    count = serializers.IntegerField()
    balance = MoneyField()


class AccountsReportSerializer(serializers.Serializer):  # type: ignore[type-arg]
    totals = AccountTotalSerializer(many=True, help_text=_("De todas las que coinciden, por moneda y estado."))
    results = AccountRowSerializer(many=True, help_text=_("La más nueva primero."))
    next = serializers.URLField(allow_null=True, help_text=_("La página siguiente, o null en la última."))
    next_cursor = serializers.CharField(allow_null=True)


class TrialBalanceRowSerializer(serializers.Serializer):  # type: ignore[type-arg]
    kind = serializers.CharField()
    purpose = serializers.CharField(help_text=_("De una cuenta de la casa, para qué es."))
    balance = MoneyField()


class TrialBalanceSerializer(serializers.Serializer):  # type: ignore[type-arg]
    currency = serializers.CharField()
    debit = MoneyField()
    credit = MoneyField()
    balanced = serializers.BooleanField()
    rows = TrialBalanceRowSerializer(many=True)


class TrialBalanceReportSerializer(serializers.Serializer):  # type: ignore[type-arg]
    at = serializers.DateTimeField(help_text=_("Los libros como estaban justo antes de este instante."))
    currencies = TrialBalanceSerializer(many=True)
