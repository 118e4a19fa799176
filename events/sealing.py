"""Giving events their places in the chain, one sealer at a time.

Whatever committed before something else was recorded comes before it in the chain: both are visible when the later one
is, and the earlier one has the lower `seq`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from django.db import connection, transaction
from django.utils import timezone

from events.catalogue import holder_of
from events.envelope import FIRST, Envelope, sealed
from events.models import Event, Seal, Unsealed

LANES = 16
BATCH = 1000


def seal(limit: int = BATCH) -> int:
    """Seal what is recorded and not sealed, at most `limit` events; 0 also where somebody else is sealing."""
    with transaction.atomic():
        if not _alone():
            return 0
        waiting = list(Unsealed.objects.order_by("seq").values_list("seq", flat=True)[:limit])
        if not waiting:
            return 0
        events = list(Event.objects.filter(seq__in=waiting).order_by("seq"))
        last = Seal.objects.order_by("-position").first()
        position, previous = (last.position, bytes(last.hash).hex()) if last else (0, FIRST)
        now, seals = timezone.now(), []
        for event in events:
            position += 1
            envelope = envelope_of(event, position, previous)
            previous = envelope.hash
            seals.append(
                Seal(
                    position=position,
                    event_id=event.seq,
                    lane=lane_of(event.name, event.payload),
                    hash=bytes.fromhex(envelope.hash),
                    sealed_at=now,
                )
            )
        Seal.objects.bulk_create(seals)
        Unsealed.objects.filter(seq__in=waiting).delete()
        return len(seals)


def envelope_of(event: Event, position: int, previous: str) -> Envelope:
    return sealed(
        position=position,
        previous=previous,
        id=event.id,
        name=event.name,
        version=event.version,
        actor_id=event.actor_id,
        context=event.context,
        payload=event.payload,
        recorded_at=event.recorded_at,
    )


def envelopes_of(seals: Sequence[Seal]) -> list[Envelope]:
    """The envelopes of seals that were read with their events, in the order given."""
    before = {seal.position - 1 for seal in seals}
    hashes = {seal.position: bytes(seal.hash).hex() for seal in seals}
    missing = before - hashes.keys() - {0}
    hashes |= {
        position: bytes(value).hex()
        for position, value in Seal.objects.filter(position__in=missing).values_list("position", "hash")
    }
    return [envelope_of(seal.event, seal.position, hashes.get(seal.position - 1, FIRST)) for seal in seals]


def sealed_here(envelopes: Sequence[Envelope]) -> list[bool]:
    """For each, whether it is, to the last byte, what was sealed at its position."""
    hashes = dict(
        Seal.objects.filter(position__in=[envelope.position for envelope in envelopes]).values_list("position", "hash")
    )
    return [
        envelope.position in hashes
        and bytes(hashes[envelope.position]).hex() == envelope.hash == envelope.sealed_hash()
        for envelope in envelopes
    ]


def lane_of(name: str, payload: Mapping[str, object]) -> int:
    """The lane of an event: the same for all events of one holder, the first for events of nobody."""
    holder = holder_of(name, payload)
    return hashlib.sha256(holder.bytes).digest()[0] % LANES if holder else 0


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(events_sealer())")
        row = cursor.fetchone()
    return bool(row and row[0])
