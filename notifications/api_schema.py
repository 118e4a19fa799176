"""The shapes of what the notices' API takes and gives: inputs are checked by them, answers only described."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from accounts.models import Language, NotifyChannel
from core.paging import LARGEST_PAGE
from notifications.models import Topic


class NoticesQuerySerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Everything may be left out."""

    unread = serializers.BooleanField(required=False, default=False, help_text=_("Solo los que no se han leído."))
    cursor = serializers.CharField(required=False, help_text=_("El next_cursor de la página anterior."))
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=20)


class NoticeSerializer(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.UUIDField()
    kind = serializers.CharField(help_text=_("El evento del que trata, por ejemplo funds.subscribed."))
    topic = serializers.ChoiceField(Topic.choices)
    title = serializers.CharField(help_text=_("En el idioma que pide Accept-Language."))
    text = serializers.CharField()
    path = serializers.CharField(help_text=_("La página que muestra más; vacío si no hay."))
    data = serializers.DictField(help_text=_("Los identificadores y montos del evento."))  # type: ignore[assignment]
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class NoticesSerializer(serializers.Serializer):  # type: ignore[type-arg]
    results = NoticeSerializer(many=True)
    next = serializers.URLField(allow_null=True, help_text=_("La página siguiente, o null en la última."))
    next_cursor = serializers.CharField(allow_null=True)


class UnreadSerializer(serializers.Serializer):  # type: ignore[type-arg]
    unread = serializers.IntegerField(help_text=_("Contados hasta 100."))


class ReadAllSerializer(serializers.Serializer):  # type: ignore[type-arg]
    read = serializers.IntegerField(help_text=_("Los que estaban sin leer."))


class PreferenceChangesSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """What is absent stays."""

    channel = serializers.ChoiceField(NotifyChannel.choices, required=False, help_text=_("Solo clientes."))
    destination = serializers.CharField(max_length=254, required=False, help_text=_("Solo clientes."))
    language = serializers.ChoiceField(Language.choices, required=False)
    declined = serializers.ListField(
        child=serializers.ChoiceField(Topic.choices),
        required=False,
        max_length=len(Topic),
        help_text=_("Los temas de los que no se envía nada; account y security no se pueden incluir."),
    )


class PreferencesSerializer(serializers.Serializer):  # type: ignore[type-arg]
    channel = serializers.ChoiceField(NotifyChannel.choices)
    destination = serializers.CharField()
    language = serializers.ChoiceField(Language.choices)
    declined = serializers.ListField(child=serializers.ChoiceField(Topic.choices))


_NOTICE = {
    "id": "6a9c3a52-0b1f-5d2e-9a57-0c3e8f1d2b44",
    "kind": "funds.subscribed",
    "topic": "funds",
    "title": "Suscripción confirmada",
    "text": "Suscribió $ 125.000,00 a FPV_BTG_PACTUAL_ECOPETROL.",
    "path": "/comprobantes/0199d3a1-8f3a-7b2c-a1d4-5e6f708122c1/",
    "data": {
        "transaction_id": "0199d3a1-8f3a-7b2c-a1d4-5e6f708122c1",
        "fund_id": 2,
        "fund_name": "FPV_BTG_PACTUAL_ECOPETROL",
        "amount": "125000.00",
        "currency": "COP",
    },
    "created_at": "2026-11-20T14:03:11.482913+00:00",
    "read_at": None,
}
_PREFERENCES = {
    "channel": "sms",
    "destination": "+57 300 123 4567",
    "language": "es",
    "declined": ["transfers"],
}
NOTICES = OpenApiExample(
    "notifications",
    {"results": [_NOTICE], "next": None, "next_cursor": None},
    response_only=True,
    status_codes=["200"],
)
PREFERENCES = OpenApiExample("preferences", _PREFERENCES, response_only=True, status_codes=["200"])
PREFERENCES_CALL = OpenApiExample("decline", {"declined": ["transfers"]}, request_only=True)
