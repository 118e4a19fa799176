"""Backup and restore of the schema `btg`."""

from __future__ import annotations

from pathlib import Path

from django.utils.translation import gettext_lazy as _
from psycopg2.extensions import connection as Session

from core.errors import DomainError
from fundsite.sqlpart import archive, copies, sessions, undo
from fundsite.sqlpart.copies import Copy, Progress, quiet


class NoSchema(DomainError):
    code = "sql_no_schema"
    message = _("La base de datos no tiene el esquema btg: no hay nada que guardar.")


def backup(session: Session, path: Path, *, progress: Progress = quiet) -> Copy:
    """One consistent snapshot of the schema in `path`, in place of what was there. Blocks nobody who reads or writes.

    Raises `NoSchema`, `structure.CannotCarry`, `archive.Unwritable`, `sessions.DatabaseRefused`.
    """
    with sessions.refusals():
        with session.cursor() as cursor:
            cursor.execute("SELECT to_regnamespace('btg')")
            if cursor.fetchone() == (None,):
                raise NoSchema
        return copies.write(session, path, progress=progress)


def restore(session: Session, path: Path, *, progress: Progress = quiet) -> Copy:
    """The schema of `path` in place of the one that is there, wholly or not at all; `undo.rollback` takes it back.

    Raises `archive.FileRefused` (before anything is changed), `structure.CannotCarry`, `sessions.DatabaseRefused`.
    """
    with (
        archive.reading(path) as reader,
        sessions.refusals(),
        sessions.alone(session),
        undo.state_before(session) as before,
        sessions.transaction(session),
        session.cursor() as cursor,
    ):
        undo.store(session, before)
        return copies.put_back(cursor, reader, progress=progress)
