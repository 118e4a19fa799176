"""What users signed in with before, so that something new is told to them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models.users import User


class KnownDevice(models.Model):
    """A browser or a program that a user has signed in with. `mark` is a SHA-256 in hex: see `services.devices`."""

    user = models.ForeignKey(User, models.CASCADE, related_name="known_devices")
    mark = models.CharField(max_length=64)
    first_seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "mark"], name="accounts_device_once_per_user")]

    def __str__(self) -> str:
        return self.mark
