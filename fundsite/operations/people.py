"""Who is behind the ids of events. A person may have two: one as a user, one as a client."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from accounts.models import Client, User
from accounts.queries.identifiers import user_called
from core.errors import NotFound


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    url: str


def ids_of(text: str) -> set[uuid.UUID]:
    """Every id of the person with this username, address or id. Raises `NotFound`; an id is believed as it is."""
    try:
        given = uuid.UUID(text)
    except ValueError:
        user = user_called(text)
        if user is None:
            raise NotFound from None
        given = user.pk
    pairs = Client.objects.filter(user_id=given) | Client.objects.filter(pk=given)
    return {given, *(one for pair in pairs.values_list("pk", "user_id") for one in pair if one)}


def people(ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, Person]:
    """The names that go with ids, in two queries. Ids of nobody who is here are left out."""
    wanted = {one for one in ids if one}
    found = {
        user.pk: Person(user.full_name, reverse("users:detail", args=[user.username]))
        for user in User.objects.filter(pk__in=wanted)
    }
    left = wanted - found.keys()
    for client in Client.objects.filter(pk__in=left) if left else ():
        found[client.pk] = Person(client.full_name, reverse("clients:client", args=[client.pk]))
    return found
