"""Registering, signing in and out: the API's way in."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import tokens
from accounts.api import schema
from accounts.api.users import account_of, person
from accounts.models import User
from accounts.services import sign_in
from accounts.services.registration import register
from accounts.spelling import normalised_email
from accounts.tokens import Caller, TokenPair
from core import rate_limits
from core.endpoint import Endpoint
from core.errors import DomainError
from core.openapi import problems

TAGS = ["auth"]


class InvalidCredentials(DomainError):
    """The same whether the user is unknown, the password wrong or the user not active."""

    code = "invalid_credentials"
    status = 401
    message = _("El usuario o la contraseña no son correctos.")


class OpenEndpoint(Endpoint):
    """For callers who have no token yet, or whose token has ended: none is looked at."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class RegisterView(OpenEndpoint):
    @extend_schema(
        operation_id="register",
        tags=TAGS,
        summary=_("Registrarse como cliente"),
        description=_("Abre una cuenta de efectivo con COP 500 000. Límite: 5 por minuto y dirección."),
        request=schema.RegistrationSerializer,
        responses={201: schema.RegisteredSerializer, **problems(400, 413, 415, 429)},
        examples=[schema.REGISTER_CALL, schema.REGISTERED],
    )
    def post(self, request: Request) -> Response:
        rate_limits.count(request._request, group="register", rate=settings.REGISTRATIONS_PER_ADDRESS)
        wanted = schema.RegistrationSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        registered = register(**wanted.validated_data)
        body = {
            "user": account_of(registered.user),
            "client_id": registered.client.pk,
            "balance": str(registered.balance),
            "currency": registered.currency,
        }
        return Response(body, status=201)


class LoginView(OpenEndpoint):
    @extend_schema(
        operation_id="login",
        tags=TAGS,
        summary=_("Iniciar sesión"),
        description=_(
            "Con correo o nombre de usuario, en cualquiera de los dos campos. Límite: 30 por minuto y dirección."
        ),
        request=schema.LoginSerializer,
        responses={
            200: schema.SignedInSerializer,
            **problems(400, 401, 413, 415, 429, example=InvalidCredentials()),
        },
        examples=[schema.LOGIN_CALL, schema.SIGNED_IN],
    )
    def post(self, request: Request) -> Response:
        rate_limits.count(request._request, group="login", rate=settings.LOGINS_PER_ADDRESS)
        wanted = schema.LoginSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = wanted.validated_data
        identifier = normalised_email(given.get("email") or given["username"])
        user = authenticate(request._request, username=identifier, password=given["password"])
        if not isinstance(user, User):
            sign_in.sign_in_failed(identifier)
            raise InvalidCredentials
        with transaction.atomic():
            sign_in.signed_in(user)
            pair = tokens.start_session(user)
        return Response(_signed_in(pair, user))


class RefreshView(OpenEndpoint):
    @extend_schema(
        operation_id="refresh",
        tags=TAGS,
        summary=_("Renovar los tokens"),
        description=_("Cada refresh_token sirve una vez. Usado de nuevo, la sesión entera termina."),
        request=schema.RefreshSerializer,
        responses={200: schema.TokensSerializer, **problems(400, 401, 413, 415)},
        examples=[schema.REFRESH_CALL, schema.REFRESHED],
    )
    def post(self, request: Request) -> Response:
        wanted = schema.RefreshSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        return Response(_tokens(tokens.refresh_session(wanted.validated_data["refresh_token"])))


class LogoutView(Endpoint):
    @extend_schema(
        operation_id="logout",
        tags=TAGS,
        summary=_("Cerrar la sesión"),
        description=_("El access_token y el refresh_token de la sesión dejan de servir en el acto."),
        request=None,
        responses={204: None, **problems(401, 403)},
    )
    def post(self, request: Request) -> Response:
        caller = Caller.of(request.user)
        if caller.session_id:
            tokens.end_session(caller)
        else:  # signed in on the pages
            logout(request._request)
            sign_in.signed_out(caller.id)
        return Response(status=204)


def _signed_in(pair: TokenPair, user: User) -> dict[str, object]:
    return {**_tokens(pair), "user": person(user)}


def _tokens(pair: TokenPair) -> dict[str, object]:
    return {
        "access_token": pair.access,
        "refresh_token": pair.refresh,
        "token_type": "bearer",
        "expires_in": pair.expires_in,
    }
