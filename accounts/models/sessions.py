"""Sign-ins of the API that tokens come out of."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models.users import User
from core.ids import uuid7


class Session(models.Model):
    """One API sign-in: the family of tokens that came out of it. Revoking it ends all of them at once.

    `refresh_id` is the one refresh token of the family that has not been used yet.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="api_sessions")
    refresh_id = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)
