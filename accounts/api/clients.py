"""Clients as staff keep them, and the one question about a client that everybody may ask."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import tax_ids
from accounts.access import staff
from accounts.api import clients_schema as schema
from accounts.models import Client, Role
from accounts.models.clients import TaxIdKind
from accounts.queries import clients as queries
from accounts.queries.clients import ClientNotFound
from accounts.queries.tax_id_lookup import ClientRecord, client_by_rfc
from accounts.services import clients as services
from accounts.tokens import Caller
from core import rate_limits
from core.endpoint import Endpoint
from core.errors import InvalidInput
from core.openapi import problems

TAGS = ["clients"]
TOTAL = "X-Total-Count"


class ClientsView(Endpoint):
    @extend_schema(
        operation_id="clients",
        tags=TAGS,
        summary=_("Los clientes"),
        description=_(
            "Para el personal, por nombre. La respuesta es una lista; la cabecera X-Total-Count dice cuántos clientes "
            "coinciden, hasta 10000. Cada palabra de search puede ser cualquier parte del nombre, del correo o de la "
            "identificación; de una o dos letras, el comienzo de una palabra."
        ),
        parameters=[
            schema.ClientsQuerySerializer,
            OpenApiParameter(TOTAL, OpenApiTypes.INT, OpenApiParameter.HEADER, response=[200]),
        ],
        responses={200: schema.FullClientSerializer(many=True), **problems(400, 401, 404)},
        examples=[schema.CLIENT],
    )
    def get(self, request: Request) -> Response:
        staff(Caller.of(request.user))
        wanted = schema.ClientsQuerySerializer(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        page = queries.clients(**wanted.validated_data)
        return Response([full_client(ClientRecord.of(row)) for row in page.rows], headers={TOTAL: str(page.total)})

    @extend_schema(
        operation_id="create_client",
        tags=TAGS,
        summary=_("Crear un cliente"),
        description=_(
            "Para soporte y administración. Abre su cuenta de efectivo, vacía; el cliente no inicia sesión. Una "
            "identificación bien formada con el dígito de control equivocado se guarda sin verificar, con una "
            "advertencia en warnings."
        ),
        request=schema.NewClientSerializer,
        responses={201: schema.FullClientSerializer, **problems(400, 401, 403, 404, 413, 415)},
        examples=[schema.NEW_CLIENT_CALL, schema.NEW_NAMED_CLIENT_CALL, schema.CREATED],
    )
    def post(self, request: Request) -> Response:
        caller = staff(Caller.of(request.user), at_least=Role.SUPPORT)
        wanted = schema.NewClientSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        made = _named_as_sent(wanted, lambda: services.create_client(actor_id=caller.id, wanted=wanted.changes()))
        return Response(full_client(ClientRecord.of(made)), status=201)


_UPDATE: dict[str, Any] = {
    "tags": TAGS,
    "description": _(
        "Para soporte y administración. Lo que no se envía queda como está; is_active desactiva y reactiva."
    ),
    "responses": {
        200: schema.FullClientSerializer,
        **problems(400, 401, 403, 404, 409, 413, 415, example=services.ClientHasMoney(accounts="0000000018 ($ 1,00)")),
    },
    "examples": [schema.CHANGE_CALL, schema.CLIENT],
}


class ClientView(Endpoint):
    @extend_schema(
        operation_id="client",
        tags=TAGS,
        summary=_("Un cliente"),
        description=_("Para el personal."),
        responses={200: schema.FullClientSerializer, **problems(401, 404)},
        examples=[schema.CLIENT],
    )
    def get(self, request: Request, client_id: uuid.UUID) -> Response:
        staff(Caller.of(request.user))
        return Response(full_client(ClientRecord.of(queries.client(client_id))))

    @extend_schema(
        operation_id="update_client",
        summary=_("Cambiar un cliente"),
        request=schema.WholeClientSerializer,
        **_UPDATE,
    )
    def put(self, request: Request, client_id: uuid.UUID) -> Response:
        return self._update(request, client_id, schema.WholeClientSerializer)

    @extend_schema(
        operation_id="patch_client",
        summary=_("Cambiar algo de un cliente"),
        request=schema.ClientChangesSerializer,
        **_UPDATE,
    )
    def patch(self, request: Request, client_id: uuid.UUID) -> Response:
        return self._update(request, client_id, schema.ClientChangesSerializer)

    @extend_schema(
        operation_id="deactivate_client",
        tags=TAGS,
        summary=_("Desactivar un cliente"),
        description=_(
            "Para soporte y administración. No borra nada: lo que hizo queda, su identificación sigue siendo suya y se "
            "puede reactivar. Con dinero en alguna cuenta se rechaza, y se dice en cuál."
        ),
        responses={
            204: None,
            **problems(401, 403, 404, 409, example=services.ClientHasMoney(accounts="0000000018 ($ 1,00)")),
        },
    )
    def delete(self, request: Request, client_id: uuid.UUID) -> Response:
        caller = staff(Caller.of(request.user), at_least=Role.SUPPORT)
        services.deactivate_client(client_id=client_id, actor_id=caller.id)
        return Response(status=204)

    def _update(self, request: Request, client_id: uuid.UUID, kind: type[schema.ClientChangesSerializer]) -> Response:
        caller = staff(Caller.of(request.user), at_least=Role.SUPPORT)
        queries.client(client_id)  # what is not there is said before what is wrong with what was sent
        wanted = kind(data=request.data)
        wanted.is_valid(raise_exception=True)
        changed = _named_as_sent(
            wanted,
            lambda: services.update_client(client_id=client_id, actor_id=caller.id, changes=wanted.changes()),
        )
        return Response(full_client(ClientRecord.of(changed)))


class ClientByRfcView(Endpoint):
    """Open, because existing clients ask without a token; masked and counted, because an RFC can be guessed."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="client_by_rfc",
        tags=TAGS,
        summary=_("Un cliente por su RFC"),
        description=_(
            "Sin el token de alguien del personal se responde solo que un cliente activo existe y sus iniciales. "
            "Límite, en ese caso: 30 por minuto y dirección."
        ),
        parameters=[OpenApiParameter("rfc", OpenApiTypes.STR, OpenApiParameter.PATH)],
        responses={200: schema.CLIENT_BY_RFC, **problems(401, 404, 429)},
        examples=[schema.MASKED, schema.CLIENT],
        auth=[{}],  # type: ignore[list-item] # the absence of a scheme
    )
    def get(self, request: Request, rfc: str) -> Response:
        trusted = isinstance(request.user, Caller) and Role(request.user.role).reaches(Role.READER)
        if not trusted:
            rate_limits.count(request._request, group="rfc", rate=settings.RFC_LOOKUPS_PER_ADDRESS)
        try:
            found = client_by_rfc(tax_ids.read(TaxIdKind.RFC, rfc).number)
        except tax_ids.InvalidTaxId:
            raise ClientNotFound from None
        if found is None or not (trusted or found.is_active):
            raise ClientNotFound
        return Response(full_client(found) if trusted else {"initials": initials(found.full_name), "exists": True})


def full_client(client: ClientRecord) -> dict[str, object]:
    return {
        "id": client.id,
        "full_name": client.full_name,
        "name": client.full_name,
        "email": client.email,
        "rfc": client.tax_id if client.tax_id_kind == TaxIdKind.RFC else None,
        "tax_id": client.tax_id or None,
        "tax_id_kind": client.tax_id_kind or None,
        "tax_id_verified": client.tax_id_verified if client.tax_id else None,
        "is_active": client.is_active,
        "notify_channel": client.notify_channel,
        "notify_destination": client.notify_destination,
        "user_id": client.user_id,
        "account": {"number": client.account, "currency": client.currency},
        "created_at": client.created_at,
        "deactivated_at": client.deactivated_at,
        "warnings": tax_ids.warnings(client.tax_id_kind, client.tax_id, verified=client.tax_id_verified),
    }


def initials(full_name: str) -> str:
    """`Carlos Pérez` → `CP`: the first letter or digit of each word."""
    firsts = (next((one for one in word if one.isalnum()), "") for word in full_name.split())
    return "".join(firsts).upper()[:5]


def _named_as_sent(wanted: schema.ClientChangesSerializer, act: Callable[[], Client]) -> Client:
    """What the service does; what it refuses is said of the fields as they were sent (`name`, `rfc`)."""
    try:
        return act()
    except InvalidInput as refusal:
        refusal.errors = wanted.as_sent(refusal.errors)
        raise
    except services.TaxIdTaken as refusal:
        refusal.errors = wanted.as_sent({str(refusal.field): [str(refusal)]})
        raise
