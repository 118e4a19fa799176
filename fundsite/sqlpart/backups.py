"""Backup and restore of the schema `btg`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from psycopg2.extensions import connection as Session

from core.errors import DomainError
from fundsite.backup import storage
from fundsite.sqlpart import copies, sessions, undo
from fundsite.sqlpart.copies import Copy, Progress, quiet


class NoSchema(DomainError):
    code = "sql_no_schema"
    message = _("La base de datos no tiene el esquema btg: no hay nada que guardar.")


def backup(session: Session, place: str, *, progress: Progress = quiet) -> Copy:
    """One consistent snapshot of the schema in `place`, instead of what was there. Blocks nobody who reads or writes.

    Raises `NoSchema`, `structure.CannotCarry`, `storage.StorageError`, `sessions.DatabaseRefused`.
    """
    with sessions.refusals():
        with session.cursor() as cursor:
            cursor.execute("SELECT to_regnamespace('btg')")
            if cursor.fetchone() == (None,):
                raise NoSchema
        return copies.write(session, place, progress=progress)


def restore(session: Session, place: str, *, progress: Progress = quiet) -> Copy:
    """The schema of `place` instead of the one that is there, wholly or not at all; `undo.rollback` takes it back.

    Raises `storage.StorageError` and `archive.NotABackup` (before anything is changed), `structure.CannotCarry`,
    `sessions.DatabaseRefused`.
    """
    reopen = storage.reading(place)
    manifest = copies.check(reopen)
    with (
        sessions.refusals(),
        sessions.alone(session),
        undo.state_before(session) as before,
        sessions.transaction(session),
        session.cursor() as cursor,
    ):
        undo.store(session, before)
        return copies.put_back(cursor, reopen, manifest, progress=progress)
