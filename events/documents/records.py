"""What an event looks like in the documents, and back again."""

from __future__ import annotations

from events.catalogue import audit_name, holder_of
from events.documents.models import AuditLog, BusinessEvent
from events.envelope import Envelope

ARCHIVER = "documents"  # the consumer that writes these


def business_event(envelope: Envelope) -> BusinessEvent:
    return BusinessEvent(
        id=envelope.id,
        position=envelope.position,
        name=envelope.name,
        version=envelope.version,
        holder_id=holder_of(envelope.name, envelope.payload),
        actor_id=envelope.actor_id,
        payload=dict(envelope.payload),
        ts=envelope.moment(),
    )


def audit_log(envelope: Envelope) -> AuditLog:
    return AuditLog(
        id=envelope.id,
        position=envelope.position,
        event_type=audit_name(envelope.name),
        name=envelope.name,
        version=envelope.version,
        user_id=envelope.actor_id,
        role=envelope.role,
        ip=envelope.ip,
        path=envelope.path,
        request_id=envelope.request_id,
        payload=dict(envelope.payload),
        ts=envelope.moment(),
        recorded_at=envelope.recorded_at,
        previous=envelope.previous,
        hash=envelope.hash,
    )


def envelope_of_log(log: AuditLog) -> Envelope:
    """The envelope that a link of the audit trail was made from, as the document has it now."""
    return Envelope(
        position=log.position,
        id=log.id,
        name=log.name,
        version=log.version,
        actor_id=log.user_id,
        role=log.role,
        ip=log.ip,
        path=log.path,
        request_id=log.request_id,
        payload=log.payload,
        recorded_at=log.recorded_at,
        previous=log.previous,
        hash=log.hash,
    )
