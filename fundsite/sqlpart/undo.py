"""The state before the last run or restore, kept in the database itself, in the schema `btg_undo`.

There it is written by the transaction that changes `btg`: whatever is killed at whatever moment, what is kept
belongs to what was last committed. It is a file as `backup_sql` writes it, in rows of a mebibyte.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext_lazy as _
from psycopg2 import Binary
from psycopg2.extensions import connection as Session
from psycopg2.extensions import cursor as Cursor

from core.errors import DomainError
from fundsite.backup import storage
from fundsite.sqlpart import copies, sessions
from fundsite.sqlpart.copies import Copy

_PIECE = 1 << 20  # bytes


class NothingKept(DomainError):
    code = "sql_nothing_kept"
    message = _("No hay un estado anterior al cual volver: desde entonces no se ha ejecutado ni restaurado nada.")


@contextlib.contextmanager
def state_before(session: Session, *, keep: bool = True) -> Iterator[Path | None]:
    """The schema as it is, in a file until the block ends; None if it is not to be kept."""
    if not keep:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="fundsite-sql-") as folder:
        path = Path(folder) / "before.backup"
        copies.write(session, str(path))
        yield path


def store(session: Session, before: Path | None) -> None:
    """In the caller's transaction: `before` is what a rollback returns to from now on; None: there is nothing."""
    with session.cursor() as cursor:
        _forget(cursor)
        if before is None:
            return
        cursor.execute("CREATE SCHEMA btg_undo")
        cursor.execute("CREATE TABLE btg_undo.piece (position integer PRIMARY KEY, content bytea NOT NULL)")
        with before.open("rb") as file:
            for position, piece in enumerate(iter(lambda: file.read(_PIECE), b"")):
                cursor.execute("INSERT INTO btg_undo.piece VALUES (%s, %s)", [position, Binary(piece)])


def rollback(session: Session, *, progress: copies.Progress = copies.quiet) -> Copy:
    """Back to what is kept, which is then kept no longer. Raises `NothingKept`, `sessions.DatabaseRefused`,
    `storage.StorageError` (no room for temporary files), `archive.NotABackup`."""
    with sessions.refusals(), sessions.alone(session), tempfile.TemporaryDirectory(prefix="fundsite-sql-") as folder:
        place = str(Path(folder) / "before.backup")
        reopen = storage.reading(place)
        with sessions.transaction(session), session.cursor() as cursor:
            _fetch(cursor, place)
            copy = copies.put_back(cursor, reopen, copies.check(reopen), progress=progress)
            _forget(cursor)
    return copy


def _fetch(cursor: Cursor, place: str) -> None:
    cursor.execute("SELECT to_regclass('btg_undo.piece')")
    if cursor.fetchone() == (None,):
        raise NothingKept
    cursor.execute("SELECT position FROM btg_undo.piece ORDER BY position")
    positions = cursor.fetchall()
    with storage.writing(place) as file:
        for position in positions:  # one at a time: all of them need not fit in memory
            cursor.execute("SELECT encode(content, 'hex') FROM btg_undo.piece WHERE position = %s", position)
            ((content,),) = cursor.fetchall()
            file.write(bytes.fromhex(content))


def _forget(cursor: Cursor) -> None:
    cursor.execute("SELECT to_regnamespace('btg_undo')")
    if cursor.fetchone() != (None,):
        cursor.execute("DROP TABLE IF EXISTS btg_undo.piece")
        cursor.execute("DROP SCHEMA btg_undo")
