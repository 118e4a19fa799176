"""The shapes of what staff's programs are told about events."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from core.openapi import PeriodQuerySerializer
from events.catalogue import CATALOGUE


class EventsQuerySerializer(PeriodQuerySerializer):
    name = serializers.ChoiceField([(name, name) for name in CATALOGUE], required=False)
    holder = serializers.UUIDField(required=False, help_text=_("El id de un cliente o de un usuario."))


class AuditLogsQuerySerializer(PeriodQuerySerializer):
    type = serializers.ChoiceField([(kind.audit, kind.audit) for kind in CATALOGUE.values()], required=False)
    user = serializers.UUIDField(required=False, help_text=_("El id de quien lo hizo."))


class EventSerializer(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.UUIDField()
    position = serializers.IntegerField(help_text=_("Su lugar en la cadena, sin huecos."))
    name = serializers.CharField()
    version = serializers.IntegerField(help_text=_("La de los campos del contenido: docs/events.md."))
    holder_id = serializers.UUIDField(allow_null=True)
    actor_id = serializers.UUIDField(allow_null=True)
    payload = serializers.DictField()
    ts = serializers.DateTimeField()


class AuditLogSerializer(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.UUIDField()
    position = serializers.IntegerField(help_text=_("Su lugar en la cadena, sin huecos."))
    event_type = serializers.CharField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    user_id = serializers.UUIDField(allow_null=True, help_text=_("Quien lo hizo; null si nadie se identificó."))
    role = serializers.CharField(allow_blank=True)
    ip = serializers.CharField(allow_blank=True)
    path = serializers.CharField(allow_blank=True)
    request_id = serializers.CharField(allow_blank=True)
    payload = serializers.DictField()
    ts = serializers.DateTimeField()
    recorded_at = serializers.CharField(help_text=_("El instante exacto, como se selló."))
    previous = serializers.CharField(help_text=_("La huella del registro anterior."))
    hash = serializers.CharField(help_text=_("SHA-256 en hexadecimal de todo lo demás."))


class EventPageSerializer(serializers.Serializer):  # type: ignore[type-arg]
    results = EventSerializer(many=True)
    next = serializers.URLField(allow_null=True, help_text=_("La página siguiente, o null en la última."))
    next_cursor = serializers.CharField(allow_null=True)


class AuditLogPageSerializer(serializers.Serializer):  # type: ignore[type-arg]
    results = AuditLogSerializer(many=True)
    next = serializers.URLField(allow_null=True, help_text=_("La página siguiente, o null en la última."))
    next_cursor = serializers.CharField(allow_null=True)


class LaneSerializer(serializers.Serializer):  # type: ignore[type-arg]
    lane = serializers.IntegerField()
    published = serializers.IntegerField(help_text=_("Hasta qué lugar de la cadena."))
    waiting = serializers.IntegerField()
    oldest_seconds = serializers.FloatField()


class ConsumerSerializer(serializers.Serializer):  # type: ignore[type-arg]
    name = serializers.CharField()
    position = serializers.IntegerField(help_text=_("Hasta qué lugar de la cadena todo está hecho o apartado."))
    behind = serializers.IntegerField()
    behind_seconds = serializers.FloatField()
    failed = serializers.IntegerField()
    parked = serializers.IntegerField()
    handled_at = serializers.DateTimeField(allow_null=True)


class PipelineSerializer(serializers.Serializer):  # type: ignore[type-arg]
    at = serializers.DateTimeField()
    unsealed = serializers.IntegerField()
    unsealed_seconds = serializers.FloatField(help_text=_("La edad del más antiguo que espera; 0 si ninguno."))
    sealed = serializers.IntegerField(help_text=_("El lugar del último sello."))
    sealed_at = serializers.DateTimeField(allow_null=True)
    unpublished = serializers.IntegerField()
    unpublished_seconds = serializers.FloatField()
    lanes = LaneSerializer(many=True)
    consumers = ConsumerSerializer(many=True)


_ID = "0199d3a1-8f3a-7b2c-a1d4-5e6f708122c1"
_CLIENT_ID = "0199d3a0-1b2c-7d3e-8f40-5a6b7c8d9e0f"
_USER_ID = "0199d3a0-1b2a-7c1d-9e2f-3a4b5c6d7e8f"
_EVENT = {
    "id": _ID,
    "position": 1042,
    "name": "funds.subscribed",
    "version": 1,
    "holder_id": _CLIENT_ID,
    "actor_id": _USER_ID,
    "payload": {
        "transaction_id": _ID,
        "client_id": _CLIENT_ID,
        "fund_id": 2,
        "fund_name": "FPV_BTG_PACTUAL_ECOPETROL",
        "amount": "125000.00",
        "currency": "COP",
        "correlation_id": _ID,
    },
    "ts": "2026-11-20T14:03:11.482913+00:00",
}
_LOG = {
    "id": _ID,
    "position": 1042,
    "event_type": "SUBSCRIBE",
    "name": "funds.subscribed",
    "version": 1,
    "user_id": _USER_ID,
    "role": "user",
    "ip": "203.0.113.7",
    "path": "/api/v1/subscriptions/2",
    "request_id": "b1946ac92492d2347c6235b4d2611184",
    "payload": _EVENT["payload"],
    "ts": _EVENT["ts"],
    "recorded_at": _EVENT["ts"],
    "previous": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "hash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
}
_STATUS = {
    "at": "2026-11-20T14:03:12.100000+00:00",
    "unsealed": 0,
    "unsealed_seconds": 0.0,
    "sealed": 1042,
    "sealed_at": "2026-11-20T14:03:11.500000+00:00",
    "unpublished": 0,
    "unpublished_seconds": 0.0,
    "lanes": [{"lane": 0, "published": 1042, "waiting": 0, "oldest_seconds": 0.0}],
    "consumers": [
        {
            "name": "documents",
            "position": 1042,
            "behind": 0,
            "behind_seconds": 0.0,
            "failed": 0,
            "parked": 0,
            "handled_at": "2026-11-20T14:03:11.530000+00:00",
        }
    ],
}


def _example(name: str, value: object) -> OpenApiExample:
    return OpenApiExample(name, value, response_only=True, status_codes=["200"])


EVENTS = _example("events", {"results": [_EVENT], "next": None, "next_cursor": None})
AUDIT_LOGS = _example("audit_logs", {"results": [_LOG], "next": None, "next_cursor": None})
PIPELINE = _example("pipeline", _STATUS)
