"""Slugs: made once from a name, numbered where one is in use, never changed after."""

from __future__ import annotations

import secrets
from typing import Protocol

from django.db import IntegrityError, models, transaction

from core.text import slug

ATTEMPTS = 10


class Sluggable(Protocol):
    name: str
    slug: str


def insert_with_slug(row: models.Model, *, fallback: str) -> None:
    """Insert a row that has a `name` under a slug of its own: `acme`, `acme-2`, …

    `fallback` stands in for a name that no ASCII letter or digit is left of. Two who come for the same slug at once
    both get one; any other `IntegrityError` is the caller's.
    """
    name: str = row.name  # type: ignore[attr-defined]
    base = slug(name) or fallback
    for attempt in range(ATTEMPTS):
        row.slug = _free(type(row), base) if attempt < ATTEMPTS - 1 else f"{base}-{secrets.token_hex(4)}"  # type: ignore[attr-defined]
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            if attempt == ATTEMPTS - 1 or not _is_about_slug(error, row._meta.db_table):
                raise
        else:
            return


def constraint_of(error: IntegrityError) -> str:
    """The name of the constraint that a write ran into."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""


def _free(kind: type[models.Model], base: str) -> str:
    rows = kind._default_manager.filter(models.Q(slug=base) | models.Q(slug__startswith=f"{base}-"))
    taken = set(rows.values_list("slug", flat=True))
    if base not in taken:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def _is_about_slug(error: IntegrityError, table: str) -> bool:
    return constraint_of(error).startswith(f"{table}_slug_")
