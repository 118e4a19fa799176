"""Registering, signing in and out: the API's way in."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import lockout, tokens
from accounts.api import schema
from accounts.api.users import account_of, person
from accounts.authentication import bearer
from accounts.models import Language, User
from accounts.services import devices, second_factor, sign_in
from accounts.services.registration import register
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
        registered = register(**wanted.validated_data, language=get_language() or Language.ES)
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
            "Con correo o nombre de usuario, en cualquiera de los dos campos. Quien tiene un segundo factor recibe un "
            "mfa_ticket en lugar de los tokens, para auth/mfa. Límite: 30 por minuto y dirección; tras 5 fallos con "
            "una cuenta, esa dirección espera 15 minutos."
        ),
        request=schema.LoginSerializer,
        responses={
            200: schema.LOGIN_ANSWER,
            **problems(400, 401, 413, 415, 429, example=InvalidCredentials()),
        },
        examples=[schema.LOGIN_CALL, schema.SIGNED_IN, schema.SECOND_FACTOR_WANTED],
    )
    def post(self, request: Request) -> Response:
        count_sign_in(request)
        wanted = schema.LoginSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = wanted.validated_data
        return sign_in_with_password(request, given.get("email") or given["username"], given["password"])


class SecondFactorView(OpenEndpoint):
    @extend_schema(
        operation_id="login_second_factor",
        tags=TAGS,
        summary=_("Terminar de iniciar sesión con el segundo factor"),
        description=_(
            "El código es el de su aplicación o uno de recuperación; ninguno sirve dos veces. El mfa_ticket vence a "
            "los 5 minutos o tras 5 intentos."
        ),
        request=schema.SecondFactorSerializer,
        responses={
            200: schema.SignedInSerializer,
            **problems(400, 401, 413, 415, 429, example=second_factor.InvalidCode()),
        },
        examples=[schema.SECOND_FACTOR_CALL, schema.SIGNED_IN],
    )
    def post(self, request: Request) -> Response:
        count_sign_in(request)
        wanted = schema.SecondFactorSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        ticket_id, user = second_factor.begin_try(wanted.validated_data["mfa_ticket"])
        if lockout.check_code(request._request, user, wanted.validated_data["code"]) is None:
            raise second_factor.InvalidCode
        with transaction.atomic():
            second_factor.close_ticket(ticket_id)
            return _start(request, user)


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


class RefreshTokenView(OpenEndpoint):
    """For clients that know no refresh token: the access token itself is renewed, for a day at most."""

    @extend_schema(
        operation_id="refresh_token",
        tags=TAGS,
        summary=_("Renovar el access_token con uno todavía válido"),
        description=_(
            "Con el access_token en Authorization da otro, hasta 24 horas después de haber dado la contraseña. Con un "
            "refresh_token en el cuerpo hace lo mismo que auth/refresh."
        ),
        request={"application/json": schema.OptionalRefreshSerializer},
        responses={200: schema.RENEWED_ANSWER, **problems(400, 401, 413, 415)},
        examples=[schema.RENEWED],
    )
    def post(self, request: Request) -> Response:
        wanted = schema.OptionalRefreshSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        if refresh := wanted.validated_data.get("refresh_token"):
            return Response(_tokens(tokens.refresh_session(refresh)))
        caller = bearer(request)
        if caller is None:
            raise tokens.InvalidToken
        access, expires_in = tokens.renew_access(caller)
        return Response({"access_token": access, "token_type": "bearer", "expires_in": expires_in})


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
            request._request.session.flush()
            sign_in.signed_out(caller.id)
        return Response(status=204)


def count_sign_in(request: Request) -> None:
    """Every way in counts together. Raises `TooManyRequests`."""
    rate_limits.count(request._request, group="login", rate=settings.LOGINS_PER_ADDRESS)


def sign_in_with_password(request: Request, identifier: str, password: str) -> Response:
    """What every login of the API answers: tokens, or a ticket where a second factor has to follow.

    Raises `InvalidCredentials`, `TooManyRequests`.
    """
    user = lockout.check_password(request._request, identifier, password)
    if user is None:
        raise InvalidCredentials
    if second_factor.is_required(user):
        ticket = second_factor.open_ticket(user)
        return Response({"mfa_required": True, "mfa_ticket": ticket.token, "expires_in": ticket.expires_in})
    with transaction.atomic():
        return _start(request, user)


def _start(request: Request, user: User) -> Response:
    user_agent = request.headers.get("User-Agent", "")
    sign_in.signed_in(user, devices.program(user_agent))
    pair = tokens.start_session(user, user_agent=user_agent)
    lockout.forget_failures(request._request, user)
    return Response({**_tokens(pair), "user": person(user)})


def _tokens(pair: TokenPair) -> dict[str, object]:
    return {
        "access_token": pair.access,
        "refresh_token": pair.refresh,
        "token_type": "bearer",
        "expires_in": pair.expires_in,
    }
