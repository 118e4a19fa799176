"""Restoring a backup: all of it, in one transaction, or nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import IO

import orjson
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction

from events.documents.outages import outages
from events.documents.routing import ALIAS, documents_alias
from events.inbox import Unavailable
from fundsite.backup import archive
from fundsite.backup.dump import DOCUMENTS, Progress
from fundsite.backup.tables import (
    MIGRATIONS,
    Table,
    chain_head,
    ledger_totals,
    migrations,
    quoted,
    rows,
    run,
    sequences,
    tables,
)

BATCH = 1000


class CannotRestore(Exception):
    """Why the target is left as it was, in a line of plain English."""


class DocumentsInPart(Exception):
    """Why the document store has not got what the database has, which is restored. Restoring once more mends it."""


def has_tables() -> bool:
    return bool(migrations())


def is_empty() -> bool:
    """Whether the target has no rows but those that migrations make."""
    made_by_migrations = {MIGRATIONS, "django_content_type", "auth_permission", "events_unsealed", "events_lane"}
    return not any(
        rows(f'SELECT EXISTS (SELECT FROM "{table.name}")')[0][0]
        for table in tables()
        if table.name not in made_by_migrations
    )


def checked(reopen: Callable[[], IO[bytes]]) -> Mapping[str, object]:
    """Read all of the file and return its manifest. Raises `archive.NotABackup`, and `CannotRestore`: not for here."""
    with reopen() as source:
        manifest = archive.check(source)
    if has_tables():
        _same_migrations(manifest)
    return manifest


def restore(
    reopen: Callable[[], IO[bytes]], manifest: Mapping[str, object], *, replace: bool, progress: Progress
) -> None:
    """Load the file that `checked` read.

    Raises `archive.NotABackup`, `CannotRestore`, the target being as it was before; and `DocumentsInPart`.
    """
    with transaction.atomic():
        if not migrations():
            call_command("migrate", interactive=False, verbosity=0)
        _same_migrations(manifest)
        if not replace and not is_empty():
            raise CannotRestore("The target is not empty. --replace puts the backup in the place of what is there.")
        found = {table.name: table for table in tables()}
        with reopen() as source, _without_guards(found):
            _load(archive.folders(source), found, manifest, progress)
        _compare(manifest, found)
    try:
        with outages():
            _load_documents(reopen, manifest, progress)
    except (Unavailable, DatabaseError) as error:
        raise DocumentsInPart(str(error)) from error
    except KeyboardInterrupt as error:
        raise DocumentsInPart("interrupted.") from error


def _same_migrations(manifest: Mapping[str, object]) -> None:
    told = manifest.get("migrations")
    told, here = set(told if isinstance(told, list) else []), set(migrations())
    if told == here:
        return
    parts = [
        f"{what}: {', '.join(sorted(names))}"
        for what, names in (("only in the backup", told - here), ("only in the target", here - told))
        if names
    ]
    raise CannotRestore(f"The backup belongs to another version of the schema. Migrations {'; '.join(parts)}.")


class _without_guards:
    """Takes the foreign keys and the tables' own triggers away while rows are loaded, and puts them back.

    Only the owner of the tables can, and nobody sees it: the tables are locked until the transaction ends. Keys are
    checked as a whole when they come back, which is faster than row by row and no less strict.
    """

    def __init__(self, found: Mapping[str, Table]) -> None:
        self._names = list(found)
        self._keys: list[tuple[object, ...]] = []

    def __enter__(self) -> None:
        self._keys = rows(
            """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
               WHERE contype = 'f' AND connamespace = 'public'::regnamespace ORDER BY conrelid, conname"""
        )
        run("SET CONSTRAINTS ALL IMMEDIATE")
        for table, key, _definition in self._keys:
            run(f'ALTER TABLE {table} DROP CONSTRAINT "{key}"')
        for name in self._names:
            run(f'ALTER TABLE "{name}" DISABLE TRIGGER USER')
        run("TRUNCATE " + ", ".join(f'"{name}"' for name in self._names))

    def __exit__(self, kind: type[BaseException] | None, *_exception: object) -> None:
        if kind is not None:
            return  # the transaction is undone as a whole
        for name in self._names:
            run(f'ALTER TABLE "{name}" ENABLE TRIGGER USER')
        for table, key, definition in self._keys:
            run(f'ALTER TABLE {table} ADD CONSTRAINT "{key}" {definition}')


def _load(
    folders: Iterator[tuple[str, Iterator[archive.Piece]]],
    found: Mapping[str, Table],
    manifest: Mapping[str, object],
    progress: Progress,
) -> None:
    loaded = 0
    for folder, group in folders:
        if not folder.startswith("tables/"):
            continue
        name = folder.removeprefix("tables/")
        progress(name, loaded, len(found))
        if name not in found:
            raise CannotRestore(f"The backup has a table {name} that this version does not know.")
        with connection.cursor() as cursor:
            cursor.copy_expert(found[name].copy("FROM STDIN"), archive.Rows(group))
        loaded += 1
    _set_sequences(manifest)


def _set_sequences(manifest: Mapping[str, object]) -> None:
    """Not by `setval`, which no transaction undoes: a restore that fails would leave numbers to be given out twice."""
    told, here = manifest.get("sequences"), sequences()
    for name, (last, called) in (told if isinstance(told, dict) else {}).items():
        if name not in here:
            raise CannotRestore(f"The backup has a sequence {name} that this version does not know.")
        run(f"ALTER SEQUENCE {quoted(name)} RESTART WITH {int(last) + bool(called)}")


def _compare(manifest: Mapping[str, object], found: Mapping[str, Table]) -> None:
    """Everything that the manifest counts, counted again in what was loaded. It names tables: only ours are asked."""
    told = manifest.get("rows")
    for name, count in (told if isinstance(told, dict) else {}).items():
        if name.startswith("documents/"):
            continue
        if name not in found:
            raise CannotRestore(f"The manifest counts a table {name} that this version does not know.")
        (here,) = rows(f'SELECT count(*) FROM "{name}"')[0]
        if here != count:
            raise CannotRestore(f"The table {name} came to {here} rows; the manifest says {count}.")
    if dict(ledger_totals()) != manifest.get("ledger"):
        raise CannotRestore("The ledger does not come to the totals of the manifest.")
    if dict(chain_head()) != manifest.get("head"):
        raise CannotRestore("The audit trail does not end where the manifest says.")


def _load_documents(reopen: Callable[[], IO[bytes]], manifest: Mapping[str, object], progress: Progress) -> None:
    """Documents of a database of their own, after the money: they can be made again from the events.

    MongoDB undoes nothing, so a failure here leaves them in part; restoring once more is the way out.
    """
    models_by_name: dict[str, type[models.Model]] = {model._meta.db_table: model for model in DOCUMENTS}
    rows_told = manifest.get("rows")
    told = rows_told if isinstance(rows_told, dict) else {}
    if not any(name.startswith("documents/") for name in told):
        return
    if documents_alias() == ALIAS:
        call_command("migrate", database=ALIAS, interactive=False, verbosity=0)  # its indexes, where it is new
    for model in DOCUMENTS:
        models.QuerySet(model).delete()
    with reopen() as source:
        for folder, group in archive.folders(source):
            kind = models_by_name.get(folder.removeprefix("documents/")) if folder.startswith("documents/") else None
            progress(folder, 1, 1)
            if kind:
                _insert(kind, _lines(group))
    for name, kept in models_by_name.items():
        if (here := models.QuerySet(kept).count()) != told.get(f"documents/{name}"):
            raise DocumentsInPart(f"{name} came to {here} documents; the manifest says {told[f'documents/{name}']}.")


def _insert(model: type[models.Model], lines: Iterator[bytes]) -> None:
    store: models.QuerySet[models.Model] = models.QuerySet(model)
    while batch := [_document(model, line) for line in islice(lines, BATCH)]:
        store.bulk_create(batch)


def _lines(group: Iterator[archive.Piece]) -> Iterator[bytes]:
    rest = b""
    for piece in group:
        *whole, rest = (rest + archive.decompressed(piece.content)).split(b"\n")
        yield from whole


def _document(model: type[models.Model], line: bytes) -> models.Model:
    values = orjson.loads(line)
    for field in model._meta.concrete_fields:
        value = values[field.attname]
        if isinstance(field, models.UUIDField) and value is not None:
            values[field.attname] = uuid.UUID(value)
        elif isinstance(field, models.DateTimeField) and value is not None:
            values[field.attname] = datetime.fromisoformat(value)
    return model(**values)
