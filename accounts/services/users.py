"""Changing who somebody is: their profile, their role, whether they may come in.

Rules that hold whoever asks and from whichever skin: nobody changes their own role, and an active administrator always
remains. Both are decided with the rows of all active administrators locked in the order of their ids, so that two
administrators who demote each other at once are told apart: the second one is no administrator any more.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import TypedDict, cast

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import City, Client, FormerAddress, Role, User
from accounts.models.users import FIRST_BIRTH_DATE
from accounts.services.clients import ClientChanges, ClientEmailTaken, update_client
from accounts.services.registration import EmailTaken, taken
from accounts.services.sign_in import end_sessions
from accounts.spelling import check_name, normalised_email, one_line
from core.errors import DomainError, InvalidInput, NotFound
from events.services import record
from ledger.services import checked_reason


class OwnRole(DomainError):
    code = "own_role"
    field = "role"
    message = gettext_lazy("Nadie cambia su propio rol. Pídalo a otra persona de administración.")


class LastAdministrator(DomainError):
    code = "last_administrator"
    status = 409
    message = gettext_lazy("Es la única persona de administración activa. Nombre antes a otra.")


class OwnSecondFactor(DomainError):
    code = "own_second_factor"
    status = 409
    message = gettext_lazy("Su propio segundo factor se quita en Seguridad. Si lo perdió, pídalo a otra persona.")


class NoSecondFactor(DomainError):
    code = "no_second_factor"
    status = 409
    message = gettext_lazy("Esta persona no tiene un segundo factor.")


class ProfileChanges(TypedDict, total=False):
    """What people change about themselves; what is absent stays. The last three are for clients only."""

    email: str
    full_name: str
    gender: str
    birth_date: date | None
    city: City | None
    language: str
    notify_channel: str
    notify_destination: str
    time_zone: str


class UserChanges(ProfileChanges, total=False):
    """What an administrator may change besides."""

    username: str
    role: str
    is_active: bool
    xp_total: int


NOTICES = ("notify_channel", "notify_destination")
FOR_CLIENTS = (*NOTICES, "time_zone")
STANDING = ("role", "is_active")


def update_profile(*, user_id: uuid.UUID, changes: ProfileChanges) -> User:
    """Change one's own profile: all of it or nothing. Raises `InvalidInput`, `EmailTaken`.

    The client that a user is carries the same name and address, and notices that went to the old address follow it.
    """
    with transaction.atomic():
        user = _locked(Q(pk=user_id)).get(user_id)
        if user is None:
            raise NotFound
        _write(user, changes, actor_id=user_id)
    return user


def update_user(*, user_id: uuid.UUID, changes: UserChanges, actor_id: uuid.UUID) -> User:
    """Change anybody, as an administrator: all of it or nothing.

    Raises `NotFound` if the actor is no active administrator (any more), `OwnRole`, `LastAdministrator` and what
    `update_profile` raises.
    """
    with transaction.atomic():
        people = _for_administrator(user_id, actor_id)
        user = people[user_id]
        _check_standing(user, changes, people, actor_id)
        _write(user, changes, actor_id=actor_id)
    return user


def deactivate(*, user_id: uuid.UUID, actor_id: uuid.UUID) -> User:
    """Close the door on somebody, by an administrator or by themself; what they have and did stays theirs.

    Their tokens and sessions end. Neither username nor address is given to anybody else. Repeating it changes nothing.
    Raises `NotFound`, `LastAdministrator`.
    """
    if user_id != actor_id:
        return update_user(user_id=user_id, changes={"is_active": False}, actor_id=actor_id)
    with transaction.atomic():
        people = _with_administrators(user_id)
        user = people.get(user_id)
        if user is None:
            raise NotFound
        changes = UserChanges(is_active=False)
        _check_standing(user, changes, people, actor_id)
        _write(user, changes, actor_id=actor_id)
    return user


def remove_second_factor(*, user_id: uuid.UUID, reason: str, actor_id: uuid.UUID) -> None:
    """Take every factor and recovery code from somebody who lost them, as an administrator, and end their sessions.

    From then on their password alone lets them in. Each kind of factor is an event that they are told about. Raises
    `NotFound` if the actor is no active administrator (any more), `OwnSecondFactor`, `InvalidReason`, `NoSecondFactor`.
    """
    with transaction.atomic():
        user = _for_administrator(user_id, actor_id)[user_id]
        if user_id == actor_id:
            raise OwnSecondFactor
        why = checked_reason(reason)
        held = Authenticator.objects.filter(user=user)
        kinds = set(held.exclude(type=Authenticator.Type.RECOVERY_CODES).values_list("type", flat=True))
        if not kinds:
            raise NoSecondFactor
        held.delete()
        end_sessions(user)
        for kind in sorted(kinds):
            record("accounts.mfa_disabled", {"user_id": user.pk, "kind": kind, "reason": why}, actor_id=actor_id)


def create_staff(user: User, *, actor_id: uuid.UUID) -> User:
    """Save a user of the admin's making, who holds no money. The form has checked it and hashed the password."""
    with transaction.atomic():
        user.save(force_insert=True)
        record("accounts.user_created", {"user_id": user.pk, "role": user.role}, actor_id=actor_id)
    return user


def _for_administrator(user_id: uuid.UUID, actor_id: uuid.UUID) -> dict[uuid.UUID, User]:
    """Raises `NotFound` unless there is such a user and the actor is an active administrator."""
    people = _with_administrators(user_id, actor_id)
    actor = people.get(actor_id)
    if user_id not in people or actor is None or not _is_administrator(actor):
        raise NotFound
    return people


def _with_administrators(*user_ids: uuid.UUID) -> dict[uuid.UUID, User]:
    return _locked(Q(pk__in=user_ids) | Q(role=Role.ADMIN, is_active=True))


def _locked(wanted: Q) -> dict[uuid.UUID, User]:
    """Always in the order of ids, so that nobody waits for somebody who waits; keys stay free for signing in.

    What the rows point to is read once they are locked: joined to them, and changed while they were waited for, it
    would seem not to be there.
    """
    rows = User.objects.select_for_update(no_key=True).filter(wanted).order_by("pk")
    ids = list(rows.values_list("pk", flat=True))
    return User.objects.select_related("client", "city").in_bulk(ids)


def _is_administrator(user: User) -> bool:
    return user.is_active and user.role == Role.ADMIN


def _check_standing(user: User, changes: UserChanges, people: Mapping[uuid.UUID, User], actor_id: uuid.UUID) -> None:
    role, is_active = changes.get("role", user.role), changes.get("is_active", user.is_active)
    if user.pk == actor_id and role != user.role:
        raise OwnRole
    remains = is_active and role == Role.ADMIN
    others = any(_is_administrator(other) for other in people.values() if other.pk != user.pk)
    if _is_administrator(user) and not remains and not others:
        raise LastAdministrator


def _write(user: User, changes: UserChanges | ProfileChanges, *, actor_id: uuid.UUID) -> None:
    before = {name: getattr(user, name) for name in (*STANDING, "email")}
    wanted = _tidied(changes)
    changed = [name for name, value in wanted.items() if name not in FOR_CLIENTS and getattr(user, name) != value]
    for name in changed:
        setattr(user, name, wanted[name])
    _check(user, changed)
    if changed:
        try:
            with transaction.atomic():
                user.save(update_fields=changed)
        except IntegrityError as error:
            raise taken(error) or error from error
    if "email" in changed:
        _move_addresses(user)
    _carry_over(user, wanted, changed, actor_id)
    _record(user, changed, before, actor_id)


def _tidied(changes: UserChanges | ProfileChanges) -> dict[str, object]:
    tidied: dict[str, object] = dict(changes)
    if "email" in changes:
        tidied["email"] = normalised_email(changes["email"])
    if "full_name" in changes:
        tidied["full_name"] = one_line(changes["full_name"])
    return tidied


def _check(user: User, changed: list[str]) -> None:
    errors: dict[str, list[str]] = {}
    try:
        user.clean_fields(exclude={field.name for field in User._meta.fields} - set(changed))
    except ValidationError as error:
        errors.update(error.message_dict)
    if "full_name" in changed:
        try:
            check_name(user.full_name)
        except ValidationError as error:
            errors.setdefault("full_name", error.messages)
    if "birth_date" in changed and user.birth_date:
        if user.birth_date > timezone.localdate():
            errors["birth_date"] = [_("La fecha de nacimiento no puede estar en el futuro.")]
        elif user.birth_date < FIRST_BIRTH_DATE:
            errors["birth_date"] = [_("Escriba una fecha de nacimiento desde el 1 de enero de 1900.")]
    if errors:
        raise InvalidInput(errors)


def _carry_over(user: User, wanted: Mapping[str, object], changed: list[str], actor_id: uuid.UUID) -> None:
    """Bring the client that the user is up to date; what only clients have is kept there."""
    client: Client | None = getattr(user, "client", None)
    changes = {name: str(wanted[name]) for name in FOR_CLIENTS if name in wanted}
    if client is None:
        if changes:
            raise InvalidInput({name: [_("Esto es para clientes.")] for name in changes})
        return
    changes |= {name: str(getattr(user, name)) for name in ("full_name", "email") if name in changed}
    if changes:
        try:
            user.client = update_client(client_id=client.pk, actor_id=actor_id, changes=cast(ClientChanges, changes))
        except ClientEmailTaken as refusal:  # of a client that staff keep
            raise EmailTaken from refusal


def _move_addresses(user: User) -> None:
    """django-allauth signs in by its own list of addresses as well: the old one must not stay on it."""
    others = EmailAddress.objects.filter(user=user).exclude(email=user.email)
    if others.delete()[0]:
        EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"primary": True})


def _record(user: User, changed: list[str], before: Mapping[str, object], actor_id: uuid.UUID) -> None:
    about = {"user_id": user.pk}
    if profile := sorted(set(changed) - set(STANDING)):
        record("accounts.profile_updated", {**about, "fields": profile}, actor_id=actor_id)
    if "email" in changed:
        event_id = record("accounts.email_changed", about, actor_id=actor_id)
        FormerAddress.objects.create(event_id=event_id, user=user, email=str(before["email"]))
    if "role" in changed:
        roles = {"role_before": before["role"], "role_after": user.role}
        record("accounts.role_changed", {**about, **roles}, actor_id=actor_id)
    if "is_active" in changed:
        name = "accounts.user_reactivated" if user.is_active else "accounts.user_deactivated"
        record(name, about, actor_id=actor_id)
