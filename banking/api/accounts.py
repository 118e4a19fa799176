"""Bank accounts for programs: a client's own, and any for staff."""

from __future__ import annotations

import uuid

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import staff
from accounts.models import Role
from accounts.queries.clients import client as client_for_staff
from accounts.tokens import Caller
from banking.api import schema
from banking.queries import accounts as queries
from banking.queries.accounts import BankAccount
from banking.services import accounts as services
from banking.services import staff as staff_services
from core.api import idempotency_key, replayable
from core.endpoint import Endpoint
from core.openapi import IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED, problems
from ledger.models import AccountState
from ledger.services import AccountNotEmpty, WrongState

TAGS = ["accounts"]
CLOSED = AccountState.CLOSED.label


class AccountsView(Endpoint):
    @extend_schema(
        operation_id="accounts",
        tags=TAGS,
        summary=_("Mis cuentas"),
        description=_("La principal primero; las cerradas también."),
        responses={200: schema.BankAccountSerializer(many=True), **problems(401, 403)},
    )
    def get(self, request: Request) -> Response:
        return Response([bank_account(one) for one in queries.accounts_of(Caller.of(request.user).require_client())])

    @extend_schema(
        operation_id="open_account",
        tags=TAGS,
        summary=_("Abrir una cuenta"),
        request=schema.NewAccountSerializer,
        parameters=[IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED],
        responses={201: schema.BankAccountSerializer, **problems(400, 401, 403, 409, 413, 415, 422)},
        examples=[schema.NEW_ACCOUNT_CALL],
    )
    def post(self, request: Request) -> Response:
        caller = Caller.of(request.user)
        client_id = caller.require_client()
        wanted = schema.NewAccountSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        opened = services.open_account(
            client_id=client_id, actor_id=caller.id, idempotency_key=idempotency_key(request), **wanted.validated_data
        )
        return replayable(bank_account(opened), replayed=opened.replayed)


class AccountView(Endpoint):
    @extend_schema(
        operation_id="account",
        tags=TAGS,
        summary=_("Una de mis cuentas"),
        description=_("El personal ve la de cualquier cliente."),
        responses={200: schema.BankAccountSerializer, **problems(401, 403, 404)},
    )
    def get(self, request: Request, number: str) -> Response:
        caller = Caller.of(request.user)
        if Role(caller.role).reaches(Role.READER):
            return Response(bank_account(queries.any_account(number)))
        return Response(bank_account(queries.account_for(caller.require_client(), number)))

    @extend_schema(
        operation_id="rename_account",
        tags=TAGS,
        summary=_("Cambiar el alias de una cuenta"),
        request=schema.AliasSerializer,
        responses={200: schema.BankAccountSerializer, **problems(400, 401, 403, 404, 413, 415)},
        examples=[schema.ALIAS_CALL],
    )
    def patch(self, request: Request, number: str) -> Response:
        caller = Caller.of(request.user)
        client_id = caller.require_client()
        queries.account_for(client_id, number)  # what is not there is said before what is wrong with what was sent
        wanted = schema.AliasSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        renamed = services.rename_account(
            client_id=client_id, number=number, actor_id=caller.id, **wanted.validated_data
        )
        return Response(bank_account(renamed))


class CloseAccountView(Endpoint):
    @extend_schema(
        operation_id="close_account",
        tags=TAGS,
        summary=_("Cerrar una cuenta vacía"),
        description=_("Para siempre. Ni la principal, ni una con transferencias programadas."),
        request=None,
        responses={
            200: schema.BankAccountSerializer,
            **problems(401, 403, 404, 409, example=AccountNotEmpty(number="0000000018", balance="$ 1,00")),
        },
    )
    def post(self, request: Request, number: str) -> Response:
        caller = Caller.of(request.user)
        closed = services.close_account(client_id=caller.require_client(), number=number, actor_id=caller.id)
        return Response(bank_account(closed))


class DefaultAccountView(Endpoint):
    @extend_schema(
        operation_id="set_default_account",
        tags=TAGS,
        summary=_("Elegir la cuenta principal"),
        description=_("La que paga los fondos: abierta y en pesos colombianos."),
        request=None,
        responses={
            200: schema.BankAccountSerializer,
            **problems(401, 403, 404, 409, example=WrongState(number="0000000018", state=CLOSED)),
        },
    )
    def post(self, request: Request, number: str) -> Response:
        caller = Caller.of(request.user)
        chosen = services.set_default_account(client_id=caller.require_client(), number=number, actor_id=caller.id)
        return Response(bank_account(chosen))


class ClientAccountsView(Endpoint):
    @extend_schema(
        operation_id="client_accounts",
        tags=TAGS,
        summary=_("Las cuentas de un cliente"),
        description=_("Para el personal."),
        responses={200: schema.BankAccountSerializer(many=True), **problems(401, 404)},
    )
    def get(self, request: Request, client_id: uuid.UUID) -> Response:
        staff(Caller.of(request.user))
        holder = client_for_staff(client_id)
        return Response([bank_account(one) for one in queries.accounts_of(holder.pk)])


class FreezeAccountView(Endpoint):
    @extend_schema(
        operation_id="freeze_account",
        tags=TAGS,
        summary=_("Congelar una cuenta"),
        description=_(
            "Para soporte y administración. De una cuenta congelada no sale dinero; con credits_allowed puede entrar. "
            "Congelarla de nuevo cambia lo segundo."
        ),
        request=schema.FreezeSerializer,
        responses={200: schema.BankAccountSerializer, **problems(400, 401, 403, 404, 409, 413, 415)},
        examples=[schema.FREEZE_CALL],
    )
    def post(self, request: Request, number: str) -> Response:
        caller = staff(Caller.of(request.user), at_least=Role.SUPPORT)
        queries.any_account(number)
        wanted = schema.FreezeSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        frozen = staff_services.freeze_account(number=number, actor_id=caller.id, **wanted.validated_data)
        return Response(bank_account(frozen))


class UnfreezeAccountView(Endpoint):
    @extend_schema(
        operation_id="unfreeze_account",
        tags=TAGS,
        summary=_("Descongelar una cuenta"),
        description=_("Para soporte y administración."),
        request=schema.ReasonSerializer,
        responses={200: schema.BankAccountSerializer, **problems(400, 401, 403, 404, 409, 413, 415)},
        examples=[schema.REASON_CALL],
    )
    def post(self, request: Request, number: str) -> Response:
        caller = staff(Caller.of(request.user), at_least=Role.SUPPORT)
        queries.any_account(number)
        wanted = schema.ReasonSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        freed = staff_services.unfreeze_account(number=number, actor_id=caller.id, **wanted.validated_data)
        return Response(bank_account(freed))


def bank_account(account: BankAccount) -> dict[str, object]:
    return {
        "number": account.number,
        "client_id": account.client_id,
        "alias": account.alias,
        "currency": account.currency,
        "balance": str(account.balance),
        "available": str(account.available),
        "state": account.state,
        "frozen_credits": account.frozen_credits,
        "is_default": account.is_default,
        "opened_at": account.opened_at,
    }
