"""Transfers for programs."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tokens import Caller
from banking.api import schema
from banking.queries import transfers as queries
from banking.queries.transfers import Receipt, Wanted
from banking.services import transfers as services
from core import rate_limits
from core.api import idempotency_key, paged, replayable
from core.endpoint import Endpoint
from core.openapi import IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED, problems

TAGS = ["transfers"]
LIMIT = services.DailyLimitExceeded(limit="$ 20.000.000,00", available="$ 0,00")


class TransfersView(Endpoint):
    @extend_schema(
        operation_id="transfers",
        tags=TAGS,
        summary=_("Mis transferencias"),
        description=_("Enviadas y recibidas, la más reciente primero. Las filas nuevas no repiten ni ocultan otras."),
        parameters=[schema.TransfersQuerySerializer],
        responses={200: schema.TransfersSerializer, **problems(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        client_id = Caller.of(request.user).require_client()
        query = schema.TransfersQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        page = queries.transfers_of(
            client_id, direction=Wanted(wanted["direction"]), cursor=wanted.get("cursor"), limit=wanted["limit"]
        )
        return Response(paged(request, [_transfer(row) for row in page.rows], page.next_cursor))

    @extend_schema(
        operation_id="make_transfer",
        tags=TAGS,
        summary=_("Transferir"),
        description=_("De una cuenta propia a otra, propia o de otra persona, en la misma moneda."),
        request=schema.TransferCallSerializer,
        parameters=[IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED],
        responses={
            201: schema.TransferSerializer,
            **problems(400, 401, 403, 404, 409, 413, 415, 422, 429, example=LIMIT),
        },
        examples=[schema.TRANSFER_CALL, schema.TRANSFERRED],
    )
    def post(self, request: Request) -> Response:
        caller = Caller.of(request.user)
        client_id = caller.require_client()
        wanted = schema.TransferCallSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        rate_limits.count(request._request, group="transfer", rate=settings.TRANSFERS_PER_ADDRESS)
        receipt = services.transfer(
            client_id=client_id, actor_id=caller.id, idempotency_key=idempotency_key(request), **wanted.validated_data
        )
        return replayable(_transfer(receipt), replayed=receipt.replayed)


class TransferPreviewView(Endpoint):
    @extend_schema(
        operation_id="preview_transfer",
        tags=TAGS,
        summary=_("Ver una transferencia antes de hacerla"),
        description=_("Lo que respondería la transferencia, sin mover nada. Límite: 60 por minuto y dirección."),
        request=schema.TransferCallSerializer,
        responses={
            200: schema.TransferPreviewSerializer,
            **problems(400, 401, 403, 404, 409, 413, 415, 429, example=LIMIT),
        },
        examples=[schema.TRANSFER_CALL, schema.PREVIEWED],
    )
    def post(self, request: Request) -> Response:
        caller = Caller.of(request.user)
        client_id = caller.require_client()
        wanted = schema.TransferCallSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        rate_limits.count(request._request, group="transfer_preview", rate=settings.TRANSFER_PREVIEWS_PER_ADDRESS)
        return Response(
            _preview(services.preview_transfer(client_id=client_id, actor_id=caller.id, **wanted.validated_data))
        )


class TransferView(Endpoint):
    @extend_schema(
        operation_id="transfer",
        tags=TAGS,
        summary=_("Una de mis transferencias"),
        responses={200: schema.TransferSerializer, **problems(401, 403, 404)},
    )
    def get(self, request: Request, transaction_id: uuid.UUID) -> Response:
        return Response(_transfer(queries.transfer_for(Caller.of(request.user).require_client(), transaction_id)))


def _preview(receipt: Receipt) -> dict[str, object]:
    return {
        "direction": receipt.direction,
        "amount": str(receipt.amount),
        "currency": receipt.currency,
        "memo": receipt.memo,
        "source": receipt.source,
        "target": receipt.target,
        "counterparty": receipt.counterparty,
        "balance_after": str(receipt.balance_after),
    }


def _transfer(receipt: Receipt) -> dict[str, object]:
    return {
        "id": receipt.transaction_id,
        "transaction_id": receipt.transaction_id,
        **_preview(receipt),
        "created_at": receipt.recorded_at,
        "reversed_by": receipt.reversed_by,
        "reversed_at": receipt.reversed_at,
    }
