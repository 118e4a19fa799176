"""Funds, subscriptions and history for programs. Answers are plain dictionaries: they are what the hot paths make."""

from __future__ import annotations

import uuid

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tokens import Caller
from core import replicas
from core.api import idempotency_key, paged, replayable
from core.endpoint import Endpoint
from core.openapi import IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED, problems
from funds import api_schema as schema
from funds import queries, services
from funds.models import Fund, MovementType
from funds.queries import MovementRow, Receipt, SubscriptionRow

NO_BALANCE = services.NoBalanceForFund(memo="FPV_BTG_PACTUAL_ECOPETROL")


class FundsView(Endpoint):
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="funds",
        tags=["funds"],
        summary=_("Fondos disponibles"),
        responses={200: schema.FundSerializer(many=True), **problems(401)},
        examples=[schema.FUND],
        auth=[{}],  # type: ignore[list-item] # the absence of a scheme
    )
    def get(self, request: Request) -> Response:
        return Response([_fund(fund) for fund in queries.funds_on_offer()])


class FundView(Endpoint):
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="fund",
        tags=["funds"],
        summary=_("Un fondo"),
        responses={200: schema.FundSerializer, **problems(401, 404)},
        examples=[schema.FUND],
        auth=[{}],  # type: ignore[list-item] # the absence of a scheme
    )
    def get(self, request: Request, fund_id: int) -> Response:
        return Response(_fund(queries.fund_on_offer(fund_id)))


class SubscribeView(Endpoint):
    @extend_schema(
        operation_id="subscribe",
        tags=["subscriptions"],
        summary=_("Vincularse a un fondo"),
        description=_("Mueve el monto de la cuenta de efectivo al fondo."),
        request=schema.AmountSerializer,
        parameters=[IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED],
        responses={
            201: schema.ReceiptSerializer,
            **problems(400, 401, 403, 404, 409, 413, 415, 422, example=NO_BALANCE),
        },
        examples=[schema.SUBSCRIBE_CALL, schema.SUBSCRIBED],
    )
    def post(self, request: Request, fund_id: int) -> Response:
        caller = Caller.of(request.user)
        client_id = caller.require_client()
        wanted = schema.AmountSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        receipt = services.subscribe(
            client_id=client_id,
            fund_id=fund_id,
            amount=wanted.validated_data["amount"],
            actor_id=caller.id,
            idempotency_key=idempotency_key(request),
        )
        return replayable(_receipt(receipt), replayed=receipt.replayed)


class SubscriptionsView(Endpoint):
    @extend_schema(
        operation_id="subscriptions",
        tags=["subscriptions"],
        summary=_("Mis suscripciones vigentes"),
        responses={200: schema.SubscriptionSerializer(many=True), **problems(401, 403)},
    )
    def get(self, request: Request) -> Response:
        return Response(
            [_subscription(row) for row in queries.active_subscriptions(Caller.of(request.user).require_client())]
        )


class SubscriptionView(Endpoint):
    @extend_schema(
        operation_id="subscription",
        tags=["subscriptions"],
        summary=_("Una de mis suscripciones"),
        responses={200: schema.SubscriptionSerializer, **problems(401, 403, 404, 405)},
    )
    def get(self, request: Request, subscription_id: uuid.UUID) -> Response:
        return Response(
            _subscription(queries.subscription_of(Caller.of(request.user).require_client(), subscription_id))
        )


class CancelView(Endpoint):
    @extend_schema(
        operation_id="cancel",
        tags=["subscriptions"],
        summary=_("Cancelar una suscripción"),
        description=_("Devuelve todo su valor a la cuenta de efectivo. Repetirla no mueve nada y responde lo mismo."),
        request=None,
        parameters=[IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED],
        responses={200: schema.ReceiptSerializer, **problems(400, 401, 403, 404, 409, 422)},
        examples=[schema.CANCELLED],
    )
    def post(self, request: Request, subscription_id: uuid.UUID) -> Response:
        caller = Caller.of(request.user)
        receipt = services.cancel(
            client_id=caller.require_client(),
            subscription_id=subscription_id,
            actor_id=caller.id,
            idempotency_key=idempotency_key(request),
        )
        return replayable(_receipt(receipt), replayed=receipt.replayed, status=200)


class TransactionsView(Endpoint):
    @extend_schema(
        operation_id="transactions",
        tags=["transactions"],
        summary=_("Mi historial"),
        description=_("Movimientos de fondos, el más reciente primero. Las filas nuevas no repiten ni ocultan otras."),
        parameters=[schema.HistoryQuerySerializer],
        responses={200: schema.HistorySerializer, **problems(400, 401, 403)},
        examples=[schema.HISTORY],
    )
    def get(self, request: Request) -> Response:
        caller = Caller.of(request.user)
        client_id = caller.require_client()
        query = schema.HistoryQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        page = replicas.read(
            lambda: queries.history(
                client_id,
                type=MovementType(wanted["type"]) if "type" in wanted else None,
                fund_id=wanted.get("fund"),
                since=wanted.get("since"),
                until=wanted.get("until"),
                cursor=wanted.get("cursor"),
                limit=wanted["limit"],
            ),
            reader=caller.id,
        )
        return Response(paged(request, [_movement(row) for row in page.rows], page.next_cursor))


class TransactionView(Endpoint):
    @extend_schema(
        operation_id="transaction",
        tags=["transactions"],
        summary=_("Una de mis transacciones"),
        responses={200: schema.ReceiptSerializer, **problems(401, 403, 404)},
    )
    def get(self, request: Request, transaction_id: uuid.UUID) -> Response:
        return Response(_receipt(queries.receipt_of(Caller.of(request.user).require_client(), transaction_id)))


def _fund(fund: Fund) -> dict[str, object]:
    return {
        "id": fund.pk,
        "name": fund.name,
        "minimum": str(fund.minimum),
        "currency": fund.currency,
        "category": fund.category,
    }


def _receipt(receipt: Receipt) -> dict[str, object]:
    return {
        "id": receipt.transaction_id,
        "transaction_id": receipt.transaction_id,
        "type": receipt.type,
        "fund_id": receipt.fund_id,
        "fund_name": receipt.fund_name,
        "amount": str(receipt.amount),
        "currency": receipt.currency,
        "balance_after": str(receipt.balance_after),
        "correlation_id": receipt.correlation_id,
        "created_at": receipt.recorded_at,
    }


def _movement(row: MovementRow) -> dict[str, object]:
    return {
        "id": row.id,
        "type": row.type,
        "fund_id": row.fund_id,
        "fund_name": row.fund_name,
        "amount": str(row.amount),
        "currency": row.currency,
        "created_at": row.recorded_at,
        "correlation_id": row.correlation_id,
    }


def _subscription(row: SubscriptionRow) -> dict[str, object]:
    return {
        "id": row.id,
        "fund_id": row.fund_id,
        "fund_name": row.fund_name,
        "category": row.category,
        "amount": str(row.amount),
        "currency": row.currency,
        "created_at": row.opened_at,
        "cancelled_at": row.cancelled_at,
    }
