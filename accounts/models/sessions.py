"""Sign-ins of the API that tokens come out of, and those that still wait for a second factor."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models.users import User
from core.ids import uuid7

LONGEST_AGENT = 200


class Session(models.Model):
    """One API sign-in: the family of tokens that came out of it. Revoking it ends all of them at once.

    `refresh_id` is the one refresh token of the family that has not been used yet. The database itself revokes the
    sessions of a user whose password, role or activity changes (`migrations/sessions_v1.sql`).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="api_sessions")
    refresh_id = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)  # when the password was given
    last_used_at = models.DateTimeField(default=timezone.now)  # when tokens were last made
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=LONGEST_AGENT, default="")

    def __str__(self) -> str:
        return str(self.id)


class SecondFactorTicket(models.Model):
    """A right password that a second factor has yet to follow. Gone once used, tried too often, or out of time."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()
    tries_left = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return str(self.id)
