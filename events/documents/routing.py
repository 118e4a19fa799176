"""Which database documents are in."""

from __future__ import annotations

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model

LABEL = ALIAS = "documents"


def documents_alias() -> str:
    """The alias of the database that documents are in: `documents` where one is configured, else the default."""
    return ALIAS if ALIAS in settings.DATABASES else DEFAULT_DB_ALIAS


class DocumentsRouter:
    """Documents go to their database, everything else stays out of it."""

    def db_for_read(self, model: type[Model], **hints: object) -> str | None:
        return documents_alias() if model._meta.app_label == LABEL else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: object) -> bool | None:
        if app_label == LABEL:
            return db == documents_alias()
        return False if db == ALIAS else None
