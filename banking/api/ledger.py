"""Transactions of the books, for staff."""

from __future__ import annotations

import uuid

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import staff
from accounts.models import Role
from accounts.tokens import Caller
from banking.api import schema
from banking.queries.transactions import booked_transaction
from banking.services.staff import reverse_transaction
from core.api import idempotency_key, replayable
from core.endpoint import Endpoint
from core.openapi import IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED, problems
from ledger.services import AlreadyReversed

TAGS = ["ledger"]


class BookedTransactionView(Endpoint):
    @extend_schema(
        operation_id="booked_transaction",
        tags=TAGS,
        summary=_("Una transacción de los libros"),
        description=_("Para el personal, con sus asientos y con la que revierte o la revirtió."),
        responses={200: schema.BookedTransactionSerializer, **problems(401, 404)},
    )
    def get(self, request: Request, transaction_id: uuid.UUID) -> Response:
        staff(Caller.of(request.user))
        found = booked_transaction(transaction_id)
        return Response(
            {
                "id": found.id,
                "kind": found.kind,
                "memo": found.memo,
                "correlation_id": found.correlation_id,
                "created_at": found.recorded_at,
                "reverses": found.reverses,
                "reversed_by": found.reversed_by,
                "entries": [
                    {"number": entry.number, "currency": entry.currency, "amount": str(entry.amount)}
                    for entry in found.entries
                ],
            }
        )


class ReverseView(Endpoint):
    @extend_schema(
        operation_id="reverse_transaction",
        tags=TAGS,
        summary=_("Revertir una transacción"),
        description=_(
            "Para administración. La deshace una transacción espejo, una sola vez. No se puede si el dinero ya no "
            "está, ni con los movimientos de un fondo, que se deshacen cancelando la suscripción."
        ),
        request=schema.ReasonSerializer,
        parameters=[IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED],
        responses={
            201: schema.ReversalSerializer,
            **problems(400, 401, 403, 404, 409, 413, 415, 422, example=AlreadyReversed()),
        },
        examples=[schema.REASON_CALL],
    )
    def post(self, request: Request, transaction_id: uuid.UUID) -> Response:
        caller = staff(Caller.of(request.user), at_least=Role.ADMIN)
        booked_transaction(transaction_id)
        wanted = schema.ReasonSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        made = reverse_transaction(
            transaction_id=transaction_id,
            actor_id=caller.id,
            idempotency_key=idempotency_key(request),
            **wanted.validated_data,
        )
        body = {"id": made.id, "reverses": made.reverses, "reason": made.reason, "created_at": made.recorded_at}
        return replayable(body, replayed=made.replayed)
