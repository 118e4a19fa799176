"""Users: oneself, and everybody for staff."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import staff
from accounts.api import users_schema as schema
from accounts.models import Language, NotifyChannel, Role, User
from accounts.queries.users import user_named, user_with_client, users_found
from accounts.services.passwords import change_password
from accounts.services.registration import register
from accounts.services.users import (
    LastAdministrator,
    NoSecondFactor,
    OwnRole,
    deactivate,
    remove_second_factor,
    update_profile,
    update_user,
)
from accounts.tokens import Caller
from core import rate_limits
from core.api import BoundedFormParser, ExactJSONParser
from core.endpoint import Endpoint
from core.errors import InvalidInput
from core.openapi import problems
from core.windows import TOTAL_COUNT, window, window_response

TAGS = ["users"]


class NothingToChange(InvalidInput):
    code = "nothing_to_change"
    message = _("No envió ningún dato para cambiar.")

    def __init__(self) -> None:
        super().__init__({"non_field_errors": [str(self.message)]})


class UsersView(Endpoint):
    @extend_schema(
        operation_id="users",
        tags=TAGS,
        summary=_("Todos los usuarios"),
        description=_("Para el personal, en el orden en que llegaron. La cabecera X-Total-Count dice cuántos son."),
        parameters=[schema.UsersQuerySerializer, TOTAL_COUNT],
        responses={200: schema.FullUserSerializer(many=True), **problems(400, 401, 404)},
        examples=[schema.USER],
    )
    def get(self, request: Request) -> Response:
        staff(Caller.of(request.user))
        wanted = schema.UsersQuerySerializer(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        page = dict(wanted.validated_data)
        skip, limit = page.pop("skip"), page.pop("limit")
        return window_response(window(users_found(**page), skip=skip, limit=limit), full_user)


class RegisterUserView(Endpoint):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="register_user",
        tags=TAGS,
        summary=_("Registrarse con nombre de usuario"),
        description=_(
            "Lo mismo que /auth/register, con los avisos al correo. Límite: 5 por minuto y dirección, entre ambas."
        ),
        request=schema.UserRegistrationSerializer,
        responses={201: schema.MeSerializer, **problems(400, 413, 415, 429)},
        examples=[schema.REGISTER_USER_CALL, schema.USER_REGISTERED],
    )
    def post(self, request: Request) -> Response:
        rate_limits.count(request._request, group="register", rate=settings.REGISTRATIONS_PER_ADDRESS)
        wanted = schema.UserRegistrationSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = dict(wanted.validated_data)
        given.pop("disabled")
        channel = {"notify_channel": NotifyChannel.EMAIL, "notify_destination": given["email"]}
        registered = register(**given, **channel, language=get_language() or Language.ES)
        return Response(me(user_with_client(registered.user.pk)), status=201)


class MeView(Endpoint):
    @extend_schema(
        operation_id="me",
        tags=TAGS,
        summary=_("Quién soy"),
        description=_("El usuario, su perfil y, si es cliente, su saldo y cómo se le avisa."),
        responses={200: schema.MeSerializer, **problems(401)},
        examples=[schema.ME],
    )
    def get(self, request: Request) -> Response:
        return Response(me(user_with_client(Caller.of(request.user).id)))


_UPDATE_ME: dict[str, Any] = {
    "tags": TAGS,
    "summary": _("Cambiar mi perfil"),
    "description": _("Lo que no se envía queda como está. null quita el género, la fecha o la ciudad."),
    "request": schema.ProfileChangesSerializer,
    "responses": {200: schema.MeSerializer, **problems(400, 401, 403, 413, 415)},
    "examples": [schema.UPDATE_ME_CALL, schema.UPDATED_ME],
}


class UpdateMeView(Endpoint):
    @extend_schema(operation_id="update_me", **_UPDATE_ME)
    def put(self, request: Request) -> Response:
        return self._update(request)

    @extend_schema(operation_id="patch_me", **_UPDATE_ME)
    def patch(self, request: Request) -> Response:
        return self._update(request)

    def _update(self, request: Request) -> Response:
        wanted = schema.ProfileChangesSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        changes = wanted.changes()
        if not changes:
            raise NothingToChange
        user_id = Caller.of(request.user).id
        update_profile(user_id=user_id, changes=changes)
        return Response(me(user_with_client(user_id)))


class ChangePasswordView(Endpoint):
    parser_classes = (BoundedFormParser, ExactJSONParser)

    @extend_schema(
        operation_id="change_password",
        tags=TAGS,
        summary=_("Cambiar mi contraseña"),
        description=_("Como formulario o como JSON. Termina todas las sesiones; inicie sesión de nuevo."),
        request={
            "application/json": schema.PasswordChangeSerializer,
            "application/x-www-form-urlencoded": schema.PasswordChangeSerializer,
        },
        responses={204: None, **problems(400, 401, 403, 413, 415, 429)},
        examples=[schema.PASSWORD_CALL],
    )
    def post(self, request: Request) -> Response:
        rate_limits.count(request._request, group="change-password", rate=settings.PASSWORD_CHANGES_PER_ADDRESS)
        wanted = schema.PasswordChangeSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = wanted.validated_data
        change_password(user_with_client(Caller.of(request.user).id), given["old_password"], given["new_password"])
        return Response(status=204)


_UPDATE_USER: dict[str, Any] = {
    "tags": TAGS,
    "summary": _("Cambiar un usuario"),
    "description": _(
        "Para administración. Lo que no se envía queda como está. Nadie cambia su propio rol, y siempre queda una "
        "persona de administración activa."
    ),
    "request": schema.UserChangesSerializer,
    "responses": {
        200: schema.FullUserSerializer,
        **problems(400, 401, 403, 404, 409, 413, 415, example=LastAdministrator()),
    },
    "examples": [schema.UPDATE_USER_CALL, schema.USER],
}


class UserView(Endpoint):
    @extend_schema(
        operation_id="user",
        tags=TAGS,
        summary=_("Un usuario"),
        description=_("Para el personal y para el propio usuario."),
        responses={200: schema.FullUserSerializer, **problems(401, 404)},
        examples=[schema.USER],
    )
    def get(self, request: Request, username: str) -> Response:
        caller, user = Caller.of(request.user), user_named(username)
        if user.pk != caller.id:
            staff(caller)
        return Response(full_user(user))

    @extend_schema(operation_id="update_user", **_UPDATE_USER)
    def put(self, request: Request, username: str) -> Response:
        return self._update(request, username)

    @extend_schema(operation_id="patch_user", **_UPDATE_USER)
    def patch(self, request: Request, username: str) -> Response:
        return self._update(request, username)

    @extend_schema(
        operation_id="deactivate_user",
        tags=TAGS,
        summary=_("Desactivar un usuario"),
        description=_(
            "Para administración y para el propio usuario. No borra nada: cierra la puerta y conserva su historia. "
            "El nombre de usuario y el correo siguen siendo suyos."
        ),
        responses={204: None, **problems(401, 403, 404, 409, example=LastAdministrator())},
    )
    def delete(self, request: Request, username: str) -> Response:
        caller = Caller.of(request.user)
        user = user_named(username)
        if user.pk != caller.id:
            staff(caller, at_least=Role.ADMIN)
        deactivate(user_id=user.pk, actor_id=caller.id)
        return Response(status=204)

    def _update(self, request: Request, username: str) -> Response:
        caller = staff(Caller.of(request.user), at_least=Role.ADMIN)
        user = user_named(username)
        wanted = schema.UserChangesSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        changes = wanted.user_changes()
        if not changes:
            raise NothingToChange
        return Response(full_user(update_user(user_id=user.pk, changes=changes, actor_id=caller.id)))


class UserRoleView(Endpoint):
    @extend_schema(
        operation_id="change_role",
        tags=TAGS,
        summary=_("Cambiar el rol de un usuario"),
        description=_("Para administración. Nadie cambia el suyo. Los tokens del usuario dejan de servir."),
        request=schema.RoleChangeSerializer,
        responses={
            200: schema.FullUserSerializer,
            **problems(400, 401, 403, 404, 409, 413, 415, example=OwnRole()),
        },
        examples=[schema.ROLE_CALL, schema.USER],
    )
    def put(self, request: Request, username: str) -> Response:
        caller = staff(Caller.of(request.user), at_least=Role.ADMIN)
        user = user_named(username)
        wanted = schema.RoleChangeSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        changed = update_user(user_id=user.pk, changes={"role": wanted.validated_data["role"]}, actor_id=caller.id)
        return Response(full_user(changed))


class SecondFactorRemovalView(Endpoint):
    @extend_schema(
        operation_id="remove_second_factor",
        tags=TAGS,
        summary=_("Quitar el segundo factor de un usuario"),
        description=_(
            "Para administración, cuando alguien perdió su aplicación o su llave. Quita también los códigos de "
            "recuperación, termina todas sus sesiones y le avisa. Nadie quita así el suyo."
        ),
        request=schema.SecondFactorRemovalSerializer,
        responses={204: None, **problems(400, 401, 403, 404, 409, 413, 415, example=NoSecondFactor())},
        examples=[schema.SECOND_FACTOR_REMOVAL_CALL],
    )
    def post(self, request: Request, username: str) -> Response:
        caller = staff(Caller.of(request.user), at_least=Role.ADMIN)
        user = user_named(username)
        wanted = schema.SecondFactorRemovalSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        remove_second_factor(user_id=user.pk, actor_id=caller.id, **wanted.validated_data)
        return Response(status=204)


def person(user: User) -> dict[str, object]:
    return {"id": user.pk, "email": user.email, "full_name": user.full_name, "role": user.role}


def account_of(user: User) -> dict[str, object]:
    return {**person(user), "username": user.username}


def full_user(user: User) -> dict[str, object]:
    """`disabled` is what an older API called the contrary of `is_active`."""
    return {
        **account_of(user),
        "is_active": user.is_active,
        "disabled": not user.is_active,
        "date_joined": user.date_joined,
        "gender": user.gender or None,
        "birth_date": user.birth_date,
        "city": user.city.slug if user.city else None,
        "city_name": user.city.name if user.city else None,
        "xp_total": user.xp_total,
    }


def me(user: User) -> dict[str, object]:
    return {**full_user(user), "client": _client(user)}


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
        "time_zone": client.time_zone,
    }
