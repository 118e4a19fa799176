"""Notices for programs: everybody's own."""

from __future__ import annotations

import uuid
from typing import cast

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tokens import Caller
from core.api import paged
from core.endpoint import Endpoint
from core.openapi import problems
from notifications import api_schema as schema
from notifications import queries
from notifications.queries import Preferences
from notifications.services import reading
from notifications.services.notices import as_message
from notifications.services.preferences import MandatoryTopic, PreferenceChanges, update_preferences

TAGS = ["notifications"]


class NoticesView(Endpoint):
    @extend_schema(
        operation_id="notifications",
        tags=TAGS,
        summary=_("Mis avisos"),
        description=_("El más reciente primero."),
        parameters=[schema.NoticesQuerySerializer],
        responses={200: schema.NoticesSerializer, **problems(400, 401, 503)},
        examples=[schema.NOTICES],
    )
    def get(self, request: Request) -> Response:
        query = schema.NoticesQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        page = queries.notices_of(Caller.of(request.user).id, **query.validated_data)
        return Response(paged(request, [as_message(row) for row in page.rows], page.next_cursor))


class UnreadView(Endpoint):
    @extend_schema(
        operation_id="unread_notifications",
        tags=TAGS,
        summary=_("Cuántos avisos tengo sin leer"),
        responses={200: schema.UnreadSerializer, **problems(401, 503)},
    )
    def get(self, request: Request) -> Response:
        return Response({"unread": queries.unread_count(Caller.of(request.user).id)})


class ReadView(Endpoint):
    @extend_schema(
        operation_id="read_notification",
        tags=TAGS,
        summary=_("Marcar un aviso como leído"),
        description=_("Repetirlo no cambia nada."),
        request=None,
        responses={200: schema.NoticeSerializer, **problems(401, 403, 404, 503)},
    )
    def post(self, request: Request, notice_id: uuid.UUID) -> Response:
        return Response(as_message(reading.mark_read(user_id=Caller.of(request.user).id, notice_id=notice_id)))


class ReadAllView(Endpoint):
    @extend_schema(
        operation_id="read_all_notifications",
        tags=TAGS,
        summary=_("Marcar todos mis avisos como leídos"),
        request=None,
        responses={200: schema.ReadAllSerializer, **problems(401, 403, 503)},
    )
    def post(self, request: Request) -> Response:
        return Response({"read": reading.mark_all_read(user_id=Caller.of(request.user).id)})


class PreferencesView(Endpoint):
    @extend_schema(
        operation_id="notification_preferences",
        tags=TAGS,
        summary=_("Cómo se me avisa"),
        responses={200: schema.PreferencesSerializer, **problems(401)},
        examples=[schema.PREFERENCES],
    )
    def get(self, request: Request) -> Response:
        return Response(_preferences(queries.preferences_of(Caller.of(request.user).id)))

    @extend_schema(
        operation_id="update_notification_preferences",
        tags=TAGS,
        summary=_("Cambiar cómo se me avisa"),
        description=_("Lo que no se envía queda como está."),
        request=schema.PreferenceChangesSerializer,
        responses={200: schema.PreferencesSerializer, **problems(400, 401, 403, 413, 415, example=MandatoryTopic())},
        examples=[schema.PREFERENCES_CALL, schema.PREFERENCES],
    )
    def put(self, request: Request) -> Response:
        wanted = schema.PreferenceChangesSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        changes = cast(PreferenceChanges, dict(wanted.validated_data))
        return Response(_preferences(update_preferences(user_id=Caller.of(request.user).id, changes=changes)))


def _preferences(found: Preferences) -> dict[str, object]:
    return {
        "channel": found.channel,
        "destination": found.destination,
        "language": found.language,
        "declined": list(found.declined),
    }
