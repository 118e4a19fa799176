"""Finding clients, by who asks."""

from __future__ import annotations

import uuid

from django.utils.translation import gettext_lazy as _

from accounts.models import Client
from core.errors import DomainError


class NotAClient(DomainError):
    code = "not_a_client"
    status = 403
    message = _("Esto es para clientes; su usuario no tiene una cuenta de efectivo.")


def client_of(user_id: uuid.UUID | None) -> Client:
    """The client that a user is, with the cash account. Raises `NotAClient` for staff."""
    client = Client.objects.select_related("cash_account").filter(user_id=user_id).first() if user_id else None
    if client is None:
        raise NotAClient
    return client
