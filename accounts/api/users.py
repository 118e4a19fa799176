"""Who one is."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import schema
from accounts.models import User
from accounts.queries.users import user_with_client
from accounts.tokens import Caller
from core.endpoint import Endpoint
from core.openapi import problems


class MeView(Endpoint):
    @extend_schema(
        operation_id="me",
        tags=["users"],
        summary=_("Quién soy"),
        description=_("El usuario y, si es cliente, su saldo y cómo se le avisa."),
        responses={200: schema.MeSerializer, **problems(401)},
        examples=[schema.ME],
    )
    def get(self, request: Request) -> Response:
        user = user_with_client(Caller.of(request.user).id)
        return Response({**account_of(user), "client": _client(user)})


def person(user: User) -> dict[str, object]:
    return {"id": user.pk, "email": user.email, "full_name": user.full_name, "role": user.role}


def account_of(user: User) -> dict[str, object]:
    return {**person(user), "username": user.username}


def _client(user: User) -> dict[str, object] | None:
    client = getattr(user, "client", None)
    if client is None:
        return None
    return {
        "id": client.pk,
        "balance": str(client.cash_account.balance),
        "currency": client.cash_account.currency,
        "notify_channel": client.notify_channel,
        "notify_destination": client.notify_destination,
    }
