"""Having read something."""

from __future__ import annotations

import uuid
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils import timezone

from events.documents.models import Notification
from notifications import live
from notifications.queries import Notice, notice_of, store


def mark_read(*, user_id: uuid.UUID, notice_id: uuid.UUID) -> Notice:
    """Mark one of a user's notices as read, and return it; one that was read keeps its moment.

    Raises `NoticeNotFound`, `NoticesUnavailable`.
    """
    with store():
        unread = Notification.objects.filter(pk=notice_id, user_id=user_id, read_at=None)
        count = unread.update(read_at=timezone.now())
    if count:
        _recount(user_id)
    return notice_of(user_id, notice_id)


def mark_all_read(*, user_id: uuid.UUID, until: datetime | None = None) -> int:
    """Mark all of a user's notices as read, those that happened `until` then, and return how many were unread.

    Raises `NoticesUnavailable`.
    """
    unread = Notification.objects.filter(user_id=user_id, read_at=None)
    if until:
        unread = unread.filter(ts__lte=until)
    with store():
        count = unread.update(read_at=timezone.now())
    if count:
        _recount(user_id)
    return count


def _recount(user_id: uuid.UUID) -> None:
    """Other pages of theirs may be open."""
    transaction.on_commit(partial(live.recount, user_id), robust=True)
