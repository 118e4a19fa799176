"""The shapes of what the routes of accounts and transfers take and give: inputs are checked by them, answers only
described."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from accounts.api.schema import Input
from banking.models import Currency, Frequency, RunOutcome, ScheduleState
from banking.numbers import LONGEST_TYPED
from banking.queries.transfers import Direction, Wanted
from core.api import AmountField
from core.openapi import MoneyField
from core.paging import LARGEST_PAGE
from ledger.models import AccountState

LONGEST_TEXT = 400  # characters; the services say how much of it they take
TO_WHOM = _("Número de la cuenta de destino; espacios, puntos y guiones no cuentan.")


class NewAccountSerializer(Input):
    currency = serializers.ChoiceField(Currency.choices)
    alias = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, default="")


class AliasSerializer(Input):
    alias = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, help_text=_("Vacío, la deja sin alias."))


class TransferCallSerializer(Input):
    source = serializers.CharField(  # type: ignore[assignment] # declared fields are not attributes
        max_length=LONGEST_TYPED, help_text=_("Número de una cuenta suya.")
    )
    target = serializers.CharField(max_length=LONGEST_TYPED, help_text=TO_WHOM)
    amount = AmountField(help_text=_("Número o texto con punto decimal, en la moneda de las dos cuentas."))
    memo = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, default="")


class ScheduleCallSerializer(TransferCallSerializer):
    frequency = serializers.ChoiceField(Frequency.choices)
    starts_on = serializers.DateField(help_text=_("Primera fecha, un día de la zona horaria del cliente."))
    ends_on = serializers.DateField(
        required=False, allow_null=True, default=None, help_text=_("Última fecha posible, si la hay.")
    )


class TransfersQuerySerializer(Input):
    direction = serializers.ChoiceField(Wanted.choices, default=Wanted.ALL)
    cursor = serializers.CharField(required=False, help_text=_("El next_cursor de la página anterior."))
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=20)


class FreezeSerializer(Input):
    reason = serializers.CharField(max_length=LONGEST_TEXT)
    credits_allowed = serializers.BooleanField(default=False, help_text=_("Si puede seguir recibiendo dinero."))


class ReasonSerializer(Input):
    reason = serializers.CharField(max_length=LONGEST_TEXT)


class BankAccountSerializer(serializers.Serializer):  # type: ignore[type-arg]
    number = serializers.CharField()
    client_id = serializers.UUIDField()
    alias = serializers.CharField()
    currency = serializers.ChoiceField(Currency.choices)
    balance = MoneyField()
    available = MoneyField()
    state = serializers.ChoiceField(AccountState.choices)
    frozen_credits = serializers.BooleanField(help_text=_("Congelada, pero puede recibir dinero."))
    is_default = serializers.BooleanField(help_text=_("La que paga los fondos."))
    opened_at = serializers.DateTimeField()


class TransferPreviewSerializer(serializers.Serializer):  # type: ignore[type-arg]
    direction = serializers.ChoiceField(Direction.choices)
    amount = MoneyField()
    currency = serializers.ChoiceField(Currency.choices)
    memo = serializers.CharField()
    source = serializers.CharField(help_text=_("A quien recibe se le oculta: ...1234."))  # type: ignore[assignment]
    target = serializers.CharField()
    counterparty = serializers.CharField(
        allow_null=True, help_text=_("El nombre de la otra persona, oculto: A** G****. Null entre cuentas propias.")
    )
    balance_after = MoneyField()


class TransferSerializer(TransferPreviewSerializer):
    id = serializers.UUIDField(help_text=_("El de su transacción."))
    transaction_id = serializers.UUIDField(help_text=_("El mismo que id."))
    created_at = serializers.DateTimeField()
    reversed_by = serializers.UUIDField(allow_null=True, help_text=_("La transacción que la revirtió, si la hay."))
    reversed_at = serializers.DateTimeField(allow_null=True)


class TransfersSerializer(serializers.Serializer):  # type: ignore[type-arg]
    results = TransferSerializer(many=True)
    next = serializers.URLField(allow_null=True, help_text=_("La página siguiente, o null en la última."))
    next_cursor = serializers.CharField(allow_null=True)


class ScheduleSerializer(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.UUIDField()
    source = serializers.CharField()  # type: ignore[assignment]
    target = serializers.CharField()
    counterparty = serializers.CharField(allow_null=True)
    amount = MoneyField()
    currency = serializers.ChoiceField(Currency.choices)
    memo = serializers.CharField()
    frequency = serializers.ChoiceField(Frequency.choices)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)
    next_due = serializers.DateField(allow_null=True)
    state = serializers.ChoiceField(ScheduleState.choices)
    created_at = serializers.DateTimeField()


class RunSerializer(serializers.Serializer):  # type: ignore[type-arg]
    due_on = serializers.DateField()
    outcome = serializers.ChoiceField(RunOutcome.choices)
    reason = serializers.CharField(allow_null=True, help_text=_("El código de la negativa, si no se realizó."))
    transaction_id = serializers.UUIDField(allow_null=True)
    ran_at = serializers.DateTimeField()


class ScheduleWithRunsSerializer(ScheduleSerializer):
    runs = RunSerializer(many=True)


class EntrySerializer(serializers.Serializer):  # type: ignore[type-arg]
    number = serializers.CharField()
    currency = serializers.CharField()
    amount = serializers.CharField(help_text=_("Con signo: positivo si entra en la cuenta."))


class BookedTransactionSerializer(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.UUIDField()
    kind = serializers.CharField()
    memo = serializers.CharField()
    correlation_id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    reverses = serializers.UUIDField(allow_null=True)
    reversed_by = serializers.UUIDField(allow_null=True)
    entries = EntrySerializer(many=True)


class ReversalSerializer(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.UUIDField()
    reverses = serializers.UUIDField()
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()


_ID = "0199d3a1-8f3a-7b2c-a1d4-5e6f708122c1"
_PREVIEW = {
    "direction": "sent",
    "amount": "50000.00",
    "currency": "COP",
    "memo": "Arriendo",
    "source": "0000000018",
    "target": "0000000026",
    "counterparty": "B*** R***",
    "balance_after": "450000.00",
}
_CALL = {"source": "0000000018", "target": "0000000026", "amount": 50000, "memo": "Arriendo"}
TRANSFER_CALL = OpenApiExample("transfer", _CALL, request_only=True)
PREVIEWED = OpenApiExample("preview", _PREVIEW, response_only=True, status_codes=["200"])
TRANSFERRED = OpenApiExample(
    "transferred",
    {
        "id": _ID,
        "transaction_id": _ID,
        **_PREVIEW,
        "created_at": "2026-11-20T14:03:11.482913+00:00",
        "reversed_by": None,
        "reversed_at": None,
    },
    response_only=True,
    status_codes=["201"],
)
NEW_ACCOUNT_CALL = OpenApiExample("new_account", {"currency": "USD", "alias": "Viajes"}, request_only=True)
SCHEDULE_CALL = OpenApiExample(
    "schedule", {**_CALL, "frequency": "monthly", "starts_on": "2027-01-31"}, request_only=True
)
ALIAS_CALL = OpenApiExample("alias", {"alias": "Vacaciones"}, request_only=True)
FREEZE_CALL = OpenApiExample("freeze", {"reason": "Orden judicial 123", "credits_allowed": True}, request_only=True)
REASON_CALL = OpenApiExample("reason", {"reason": "Cuenta equivocada"}, request_only=True)
