"""Scheduled transfers for programs."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tokens import Caller
from banking.api import schema
from banking.queries import schedules as queries
from banking.queries.schedules import Run, Schedule
from banking.services import schedules as services
from core import rate_limits
from core.api import idempotency_key, replayable
from core.endpoint import Endpoint
from core.openapi import IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED, problems

TAGS = ["transfers"]


class SchedulesView(Endpoint):
    @extend_schema(
        operation_id="scheduled_transfers",
        tags=TAGS,
        summary=_("Mis transferencias programadas"),
        responses={200: schema.ScheduleSerializer(many=True), **problems(401, 403)},
    )
    def get(self, request: Request) -> Response:
        return Response([_schedule(one) for one in queries.schedules_of(Caller.of(request.user).require_client())])

    @extend_schema(
        operation_id="schedule_transfer",
        tags=TAGS,
        summary=_("Programar una transferencia"),
        description=_(
            "Una vez, cada semana o cada mes (el día 31, el último del mes). Si en una fecha falta dinero, esa fecha "
            "se omite con un aviso y las siguientes continúan. Límite, junto con ver transferencias antes de "
            "hacerlas: 60 por minuto y dirección."
        ),
        request=schema.ScheduleCallSerializer,
        parameters=[IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED],
        responses={201: schema.ScheduleSerializer, **problems(400, 401, 403, 404, 409, 413, 415, 422, 429)},
        examples=[schema.SCHEDULE_CALL],
    )
    def post(self, request: Request) -> Response:
        caller = Caller.of(request.user)
        client_id = caller.require_client()
        wanted = schema.ScheduleCallSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        # The answer tells a masked name, as a preview does, and nothing has to be paid for it.
        rate_limits.count(request._request, group="transfer_preview", rate=settings.TRANSFER_PREVIEWS_PER_ADDRESS)
        ordered = services.schedule_transfer(
            client_id=client_id, actor_id=caller.id, idempotency_key=idempotency_key(request), **wanted.validated_data
        )
        return replayable(_schedule(ordered), replayed=ordered.replayed)


class ScheduleView(Endpoint):
    @extend_schema(
        operation_id="scheduled_transfer",
        tags=TAGS,
        summary=_("Una transferencia programada"),
        description=_("Con lo que pasó en sus últimas fechas."),
        responses={200: schema.ScheduleWithRunsSerializer, **problems(401, 403, 404)},
    )
    def get(self, request: Request, schedule_id: uuid.UUID) -> Response:
        client_id = Caller.of(request.user).require_client()
        found = queries.schedule_for(client_id, schedule_id)
        return Response({**_schedule(found), "runs": [_run(run) for run in queries.runs_of(found)]})

    @extend_schema(
        operation_id="cancel_scheduled_transfer",
        tags=TAGS,
        summary=_("Cancelar una transferencia programada"),
        responses={204: None, **problems(401, 403, 404, 409)},
    )
    def delete(self, request: Request, schedule_id: uuid.UUID) -> Response:
        caller = Caller.of(request.user)
        services.cancel_schedule(client_id=caller.require_client(), schedule_id=schedule_id, actor_id=caller.id)
        return Response(status=204)


class PauseScheduleView(Endpoint):
    @extend_schema(
        operation_id="pause_scheduled_transfer",
        tags=TAGS,
        summary=_("Poner en pausa una transferencia programada"),
        request=None,
        responses={200: schema.ScheduleSerializer, **problems(401, 403, 404, 409)},
    )
    def post(self, request: Request, schedule_id: uuid.UUID) -> Response:
        caller = Caller.of(request.user)
        paused = services.pause_schedule(client_id=caller.require_client(), schedule_id=schedule_id, actor_id=caller.id)
        return Response(_schedule(paused))


class ResumeScheduleView(Endpoint):
    @extend_schema(
        operation_id="resume_scheduled_transfer",
        tags=TAGS,
        summary=_("Reanudar una transferencia programada"),
        description=_("Las fechas que pasaron durante la pausa no se recuperan."),
        request=None,
        responses={200: schema.ScheduleSerializer, **problems(401, 403, 404, 409)},
    )
    def post(self, request: Request, schedule_id: uuid.UUID) -> Response:
        caller = Caller.of(request.user)
        resumed = services.resume_schedule(
            client_id=caller.require_client(), schedule_id=schedule_id, actor_id=caller.id
        )
        return Response(_schedule(resumed))


def _schedule(schedule: Schedule) -> dict[str, object]:
    return {
        "id": schedule.id,
        "source": schedule.source,
        "target": schedule.target,
        "counterparty": schedule.counterparty,
        "amount": str(schedule.amount),
        "currency": schedule.currency,
        "memo": schedule.memo,
        "frequency": schedule.frequency,
        "starts_on": schedule.starts_on,
        "ends_on": schedule.ends_on,
        "next_due": schedule.next_due,
        "state": schedule.state,
        "created_at": schedule.created_at,
    }


def _run(run: Run) -> dict[str, object]:
    return {
        "due_on": run.due_on,
        "outcome": run.outcome,
        "reason": run.reason or None,
        "transaction_id": run.transaction_id,
        "ran_at": run.ran_at,
    }
