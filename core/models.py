from __future__ import annotations

from django.db import models


class IdempotencyKey(models.Model):
    """An answer kept for a retry. Written and read by `core_idempotency_begin` and `core_idempotency_end` only."""

    pk = models.CompositePrimaryKey("actor_id", "key")
    actor_id = models.UUIDField()
    key = models.CharField(max_length=255)
    request = models.BinaryField()
    answer = models.JSONField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
