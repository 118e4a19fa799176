"""Archives every event: once for those who ask what happened, once as a link of the audit trail's chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.db.models import Model

from events.documents.models import AuditLog, BusinessEvent
from events.documents.outages import outages
from events.documents.records import ARCHIVER, audit_log, business_event
from events.envelope import Envelope

Document = TypeVar("Document", bound=Model)


class Documents:
    """The consumer `documents`.

    MongoDB takes no part in the product's transaction, so a batch may have been written whole or in part before: what
    is there is left as it is. Neither a second delivery nor another order makes a difference.
    """

    name = ARCHIVER

    def handle(self, envelopes: Sequence[Envelope]) -> None:
        with outages():
            _add(BusinessEvent, [business_event(envelope) for envelope in envelopes])
            _add(AuditLog, [audit_log(envelope) for envelope in envelopes])

    def after(self) -> None:
        """Nothing remains to be done."""


def _add(model: type[Document], documents: Sequence[Document]) -> None:
    """Insert those that are not there yet. (`ignore_conflicts` is nothing that MongoDB knows.)"""
    store = model._default_manager
    there = set(store.filter(pk__in=[document.pk for document in documents]).values_list("pk", flat=True))
    store.bulk_create([document for document in documents if document.pk not in there])
