"""The login that OAuth2 clients make: a form, not JSON."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import schema, users_schema
from accounts.api.auth import InvalidCredentials, OpenEndpoint, count_sign_in, sign_in_with_password
from core.api import BoundedFormParser
from core.openapi import problems


class TokenView(OpenEndpoint):
    parser_classes = (BoundedFormParser,)

    @extend_schema(
        tags=["auth"],
        summary=_("Iniciar sesión con un formulario"),
        description=_(
            "Lo mismo que /auth/login para clientes de OAuth2 (grant_type=password): username es el nombre de usuario "
            "o el correo. Los demás campos de OAuth2 se aceptan y no cambian nada."
        ),
        request={"application/x-www-form-urlencoded": users_schema.TokenFormSerializer},
        responses={200: schema.LOGIN_ANSWER, **problems(400, 401, 413, 415, 429, example=InvalidCredentials())},
        examples=[users_schema.TOKEN_CALL, schema.SIGNED_IN, schema.SECOND_FACTOR_WANTED],
    )
    def post(self, request: Request) -> Response:
        count_sign_in(request)
        wanted = users_schema.TokenFormSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = wanted.validated_data
        return sign_in_with_password(request, given["username"], given["password"])
