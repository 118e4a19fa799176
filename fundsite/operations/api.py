"""Events, the audit trail and the state of their way, for staff's programs."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import staff
from accounts.models import Role
from accounts.tokens import Caller
from core.api import paged
from core.endpoint import Endpoint
from core.openapi import problems
from events import lookups
from events.documents.models import AuditLog, BusinessEvent
from events.queries import pipeline_status
from fundsite import pipeline
from fundsite.operations import api_schema as schema
from fundsite.operations.people import ids_of

TAGS = ["events"]


class EventsView(Endpoint):
    @extend_schema(
        operation_id="events",
        tags=TAGS,
        summary=_("Lo que ha pasado"),
        description=_("Para el personal, lo más reciente primero. Las filas nuevas no repiten ni ocultan otras."),
        parameters=[schema.EventsQuerySerializer],
        responses={200: schema.EventPageSerializer, **problems(400, 401, 404, 500, 503)},
        examples=[schema.EVENTS],
    )
    def get(self, request: Request) -> Response:
        staff(Caller.of(request.user))
        query = schema.EventsQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = dict(query.validated_data)
        holder = wanted.pop("holder", None)
        page = lookups.business_events(holders=ids_of(str(holder)) if holder else None, **wanted)
        return Response(paged(request, [_event(row) for row in page.rows], page.next_cursor))


class AuditLogsView(Endpoint):
    @extend_schema(
        operation_id="audit_logs",
        tags=TAGS,
        summary=_("Quién hizo qué y desde dónde"),
        description=_("Para soporte y administración, lo más reciente primero: los eslabones de la cadena."),
        parameters=[schema.AuditLogsQuerySerializer],
        responses={200: schema.AuditLogPageSerializer, **problems(400, 401, 404, 500, 503)},
        examples=[schema.AUDIT_LOGS],
    )
    def get(self, request: Request) -> Response:
        staff(Caller.of(request.user), at_least=Role.SUPPORT)
        query = schema.AuditLogsQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = dict(query.validated_data)
        user, event_type = wanted.pop("user", None), wanted.pop("type", "")
        page = lookups.audit_logs(event_type=event_type, users={user} if user else None, **wanted)
        return Response(paged(request, [_audit_log(row) for row in page.rows], page.next_cursor))


class PipelineView(Endpoint):
    @extend_schema(
        operation_id="pipeline",
        tags=TAGS,
        summary=_("Cómo están los eventos en su camino"),
        description=_("Para el personal: qué espera a ser sellado, publicado y procesado, y desde hace cuánto."),
        responses={200: schema.PipelineSerializer, **problems(401, 404)},
        examples=[schema.PIPELINE],
    )
    def get(self, request: Request) -> Response:
        staff(Caller.of(request.user))
        return Response(pipeline_status(pipeline.consumer_names()).as_dict())


def _event(row: BusinessEvent) -> dict[str, object]:
    return {
        "id": row.pk,
        "position": row.position,
        "name": row.name,
        "version": row.version,
        "holder_id": row.holder_id,
        "actor_id": row.actor_id,
        "payload": row.payload,
        "ts": row.ts,
    }


def _audit_log(row: AuditLog) -> dict[str, object]:
    return {
        "id": row.pk,
        "position": row.position,
        "event_type": row.event_type,
        "name": row.name,
        "version": row.version,
        "user_id": row.user_id,
        "role": row.role,
        "ip": row.ip,
        "path": row.path,
        "request_id": row.request_id,
        "payload": row.payload,
        "ts": row.ts,
        "recorded_at": row.recorded_at,
        "previous": row.previous,
        "hash": row.hash,
    }
