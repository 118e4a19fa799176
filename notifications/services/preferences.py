"""How somebody wants to be told."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import TypedDict, cast

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services.users import ProfileChanges, update_profile
from core.errors import DomainError, InvalidInput
from events.services import record
from notifications.models import MANDATORY, Declined, Topic
from notifications.queries import Preferences, preferences_of

NAMES = {"channel": "notify_channel", "destination": "notify_destination", "language": "language"}  # in the profile
OURS = {name: key for key, name in NAMES.items()}


class MandatoryTopic(DomainError):
    code = "mandatory_topic"
    field = "declined"
    message = _("Los avisos sobre su cuenta y su seguridad no se pueden desactivar.")


class PreferenceChanges(TypedDict, total=False):
    """What is absent stays. `declined` are all topics of which nothing is to be sent. The first two: clients only."""

    channel: str
    destination: str
    language: str
    declined: Collection[Topic]


def update_preferences(*, user_id: uuid.UUID, changes: PreferenceChanges) -> Preferences:
    """Change all of it or nothing. Raises `MandatoryTopic`, `core.errors.InvalidInput`."""
    with transaction.atomic():
        profile = {name: changes[key] for key, name in NAMES.items() if key in changes}  # type: ignore[literal-required]
        if profile:
            try:
                update_profile(user_id=user_id, changes=cast(ProfileChanges, profile))
            except InvalidInput as refusal:
                raise InvalidInput({OURS.get(name, name): texts for name, texts in refusal.errors.items()}) from refusal
        if "declined" in changes:
            _decline(user_id, set(changes["declined"]))
    return preferences_of(user_id)


def _decline(user_id: uuid.UUID, wanted: set[Topic]) -> None:
    if wanted & MANDATORY:
        raise MandatoryTopic
    User.objects.select_for_update(no_key=True).get(pk=user_id)  # of two changes at once, one is first
    mine = Declined.objects.filter(user_id=user_id)
    known = set(mine.values_list("topic", flat=True))
    if known == wanted:
        return
    mine.exclude(topic__in=wanted).delete()
    Declined.objects.bulk_create([Declined(user_id=user_id, topic=topic) for topic in sorted(wanted - known)])
    record("notifications.preferences_changed", {"user_id": user_id, "declined": sorted(wanted)}, actor_id=user_id)
