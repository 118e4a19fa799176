"""Where users could be reached before they changed their address."""

from __future__ import annotations

from django.db import models

from accounts.models.users import User


class FormerAddress(models.Model):
    """The address that a user signed in with until it was changed, by the event that says so.

    Whoever takes an account over begins by changing it: only the old address still reaches the owner. It is kept here
    and not in the event, which can never be erased.
    """

    event_id = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="former_addresses")
    email = models.EmailField(max_length=254)

    def __str__(self) -> str:
        return self.email
