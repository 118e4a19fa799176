"""The schema `btg` to and from a sealed file: structure from the catalogs, rows over COPY. Private to this package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from psycopg2.extensions import connection as Session
from psycopg2.extensions import cursor as Cursor

from fundsite.sqlpart import archive, sessions, structure
from fundsite.sqlpart.structure import Structure

Progress = Callable[[str, int], None]  # told the table's name and its number of rows after each


@dataclass(frozen=True)
class Copy:
    """What a file holds: when it was made (UTC), whether there was a schema at all, and rows by table."""

    made_at: str
    present: bool
    rows: Mapping[str, int]


def quiet(_table: str, _rows: int) -> None:
    pass


def write(session: Session, path: Path, *, durable: bool = True, progress: Progress = quiet) -> Copy:
    """One consistent snapshot; nobody is kept from reading or writing. A schema that is not there is a copy too.

    Raises `structure.CannotCarry`, `archive.Unwritable`, `psycopg2.Error`.
    """
    with (
        sessions.transaction(session, "ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
        session.cursor() as cursor,
        archive.writing(path, durable=durable) as writer,
    ):
        found = structure.read(cursor)
        rows = {}
        for number, table in enumerate(found.tables):
            with writer.part(_part(number)) as file:
                cursor.copy_expert(f"COPY {table.copied} TO STDOUT", file)
            rows[table.name] = cursor.rowcount
            progress(table.name, cursor.rowcount)
        copy = Copy(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}", found != structure.ABSENT, rows)
        writer.finish(
            {
                "made_at": copy.made_at,
                "server_version": session.server_version,
                "structure": found.as_dict(),
                "rows": rows,
            }
        )
    return copy


def put_back(cursor: Cursor, reader: archive.Reader, *, progress: Progress = quiet) -> Copy:
    """In place of the schema that is there, in the caller's transaction. Raises `archive.Damaged`, `psycopg2.Error`."""
    found = Structure.from_dict(reader.manifest["structure"])
    rows: Mapping[str, int] = reader.manifest["rows"]
    structure.drop(cursor)
    for statement in found.before_rows:
        cursor.execute(statement)
    for number, table in enumerate(found.tables):
        with reader.part(_part(number)) as file:
            cursor.copy_expert(f"COPY {table.copied} FROM STDIN", file)
        if cursor.rowcount != rows[table.name]:
            raise archive.Damaged(file=reader.path)
        progress(table.name, cursor.rowcount)
    for statement in found.after_rows:
        cursor.execute(statement)
    for sequence in found.sequences:
        cursor.execute("SELECT setval(%s, %s, %s)", [sequence.name, sequence.last_value, sequence.is_called])
    return Copy(reader.manifest["made_at"], found != structure.ABSENT, rows)


def _part(number: int) -> str:
    return f"rows/{number}.copy"
