"""The schema `btg` to and from a file: structure from the catalogs, rows over COPY. Private to this package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any

from psycopg2.extensions import connection as Session
from psycopg2.extensions import cursor as Cursor

from fundsite.backup import archive, storage
from fundsite.sqlpart import sessions, structure
from fundsite.sqlpart.structure import Structure

PRODUCT = "fundsite-sqlpart"
Progress = Callable[[str, int], None]  # told the table's name and its number of rows after each


@dataclass(frozen=True)
class Copy:
    """What a file holds: when it was made (UTC), whether there was a schema at all, and rows by table."""

    made_at: str
    present: bool
    rows: Mapping[str, int]


def quiet(_table: str, _rows: int) -> None:
    pass


def write(session: Session, place: str, *, progress: Progress = quiet) -> Copy:
    """One consistent snapshot; nobody is kept from reading or writing. A schema that is not there is a copy too.

    Raises `structure.CannotCarry`, `storage.StorageError`, `psycopg2.Error`.
    """
    with (
        sessions.transaction(session, "ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
        session.cursor() as cursor,
        storage.writing(place) as target,
    ):
        found, rows = structure.read(cursor), dict[str, int]()
        made_at = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
        writer = archive.Writer(target, {"made_at": made_at}, product=PRODUCT)
        for number, table in enumerate(found.tables):
            pieces = archive.Pieces(writer, f"rows/{number}")
            cursor.copy_expert(f"COPY {table.copied} TO STDOUT", pieces)
            pieces.flush()
            rows[table.name] = cursor.rowcount
            progress(table.name, cursor.rowcount)
        writer.finish(
            {
                "made_at": made_at,
                "server_version": session.server_version,
                "structure": found.as_dict(),
                "rows": rows,
            }
        )
    return Copy(made_at, found != structure.ABSENT, rows)


def check(reopen: Callable[[], IO[bytes]]) -> Mapping[str, Any]:
    """The manifest of a file that is, to the bit, as it was written.

    Raises `archive.NotABackup`, `storage.StorageError`.
    """
    with reopen() as source:
        return archive.check(source, product=PRODUCT)


def put_back(
    cursor: Cursor, reopen: Callable[[], IO[bytes]], manifest: Mapping[str, Any], *, progress: Progress = quiet
) -> Copy:
    """What `check` has read, in place of the schema that is there, in the caller's transaction.

    Raises `archive.NotABackup`, `storage.StorageError`, `psycopg2.Error`.
    """
    found = Structure.from_dict(manifest["structure"])
    structure.drop(cursor)
    for statement in found.before_rows:
        cursor.execute(statement)
    loaded = {table.name: 0 for table in found.tables}
    with reopen() as source:
        for folder, group in archive.folders(source):
            if not folder:
                continue
            table = found.tables[int(folder.removeprefix("rows/"))]
            cursor.copy_expert(f"COPY {table.copied} FROM STDIN", archive.Rows(group))
            loaded[table.name] = cursor.rowcount
            progress(table.name, cursor.rowcount)
    if loaded != manifest["rows"]:
        raise archive.NotABackup("The tables did not come to the rows that the manifest counts.")
    for statement in found.after_rows:
        cursor.execute(statement)
    for sequence in found.sequences:
        cursor.execute("SELECT setval(%s, %s, %s)", [sequence.name, sequence.last_value, sequence.is_called])
    return Copy(manifest["made_at"], found != structure.ABSENT, loaded)
