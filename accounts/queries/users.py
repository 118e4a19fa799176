"""Finding users, by who asks."""

from __future__ import annotations

import uuid

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Lower

from accounts.models import User
from core.errors import NotFound
from core.text import Folded, fold


def user_with_client(user_id: uuid.UUID) -> User:
    """A user who has just been authenticated, with `client` and its cash account at hand where there is one."""
    return User.objects.select_related("client__cash_account", "city").get(pk=user_id)


def user_named(username: str) -> User:
    """A user by name, in any case. For staff, and for the user themself. Raises `NotFound`."""
    users = User.objects.select_related("client", "city").alias(lowered=Lower("username"))
    user = users.filter(lowered=username.lower()).first() if username.isprintable() else None
    if user is None:
        raise NotFound
    return user


def users_found(*, search: str = "", role: str = "", is_active: bool | None = None) -> QuerySet[User]:
    """Users for staff, in the order in which they came: what is new comes at the end, so that pages stay put.

    `search` is part of a name, address or username, however it is spelled.
    """
    users = User.objects.select_related("city").order_by("pk")
    if search:
        words = fold(search)
        users = users.alias(
            folded_name=Folded(F("full_name")), folded_username=Folded(F("username")), folded_email=Folded(F("email"))
        ).filter(Q(folded_name__contains=words) | Q(folded_username__contains=words) | Q(folded_email__contains=words))
    if role:
        users = users.filter(role=role)
    if is_active is not None:
        users = users.filter(is_active=is_active)
    return users
