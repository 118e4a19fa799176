"""Making a backup: one snapshot of the database, while everybody goes on writing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import IO

import django
import orjson
from django.db import connection, transaction

from events.documents.models import AuditLog, BusinessEvent, Notification
from events.documents.outages import outages
from events.documents.routing import ALIAS, documents_alias
from events.models import Event
from fundsite.backup import archive
from fundsite.backup.tables import chain_head, ledger_totals, migrations, rows, sequences, tables

Document = type[BusinessEvent] | type[AuditLog] | type[Notification]
DOCUMENTS: tuple[Document, ...] = (BusinessEvent, AuditLog, Notification)
Progress = Callable[[str, int, int], None]  # what, how much of it is done, out of how much
AT_ONCE = 1000  # documents


class CannotBackUp(Exception):
    """Why there is no backup, in a line of plain English."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds, as its manifest says."""

    created_at: str
    rows: dict[str, int]
    ledger: dict[str, str]
    head: dict[str, object]


def write_backup(target: IO[bytes], progress: Progress) -> Summary:
    """Write a backup of everything to `target`, in constant memory.

    Reads one snapshot and takes no lock that a writer would wait for. Raises `CannotBackUp`, and
    `events.inbox.Unavailable` while documents have a store of their own and it is down.
    """
    created = datetime.now(UTC).isoformat(timespec="seconds")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        applied = migrations()
        if not applied:
            raise CannotBackUp("The database has no tables yet; `manage.py migrate` makes them.")
        writer = archive.Writer(target, {"created_at": created, "migrations": applied})
        counts = _write_tables(writer, progress)
        summary = Summary(created, counts, dict(ledger_totals()), dict(chain_head()))
        ahead = sequences()  # not part of a snapshot: as far as they are now, which is far enough
        with outages():
            counts |= _write_documents(writer, progress)
        writer.finish(
            {
                **asdict(summary),
                "migrations": applied,
                "sequences": ahead,
                "versions": {"django": django.get_version(), "postgresql": str(rows("SHOW server_version")[0][0])},
            }
        )
    return summary


def _write_tables(writer: archive.Writer, progress: Progress) -> dict[str, int]:
    found, counts = tables(), {}
    for number, table in enumerate(found):
        progress(table.name, number, len(found))
        pieces = archive.Pieces(writer, f"tables/{table.name}")
        with connection.cursor() as cursor:
            cursor.copy_expert(table.copy("TO STDOUT"), pieces)
            counts[table.name] = cursor.rowcount
        pieces.flush()
    progress("", len(found), len(found))
    return counts


def _write_documents(writer: archive.Writer, progress: Progress) -> dict[str, int]:
    """Documents that live in a database of their own, as lines of JSON; otherwise they are among the tables.

    That database goes on while the snapshot stands still: what is about events after it stays out. Whatever the
    snapshot says has been handed over is there, for a document is written before it is said to be.
    """
    counts: dict[str, int] = {}
    if documents_alias() != ALIAS:
        return counts
    for number, model in enumerate(DOCUMENTS):
        name = model._meta.db_table
        progress(name, number, len(DOCUMENTS))
        pieces, counts[f"documents/{name}"] = archive.Pieces(writer, f"documents/{name}"), 0
        for document in _known(model):
            pieces.write(orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE))
            counts[f"documents/{name}"] += 1
        pieces.flush()
    return counts


def _known(model: Document) -> Iterator[Mapping[str, object]]:
    """The documents about events of the snapshot."""
    event = "event_id" if model is Notification else "id"
    found = _read(model)
    while some := list(islice(found, AT_ONCE)):
        known = set(Event.objects.filter(id__in=[document[event] for document in some]).values_list("id", flat=True))
        yield from (document for document in some if document[event] in known)


def _read(model: Document) -> Iterator[Mapping[str, object]]:
    try:
        yield from model._default_manager.order_by("pk").values().iterator(chunk_size=AT_ONCE)
    except (ValueError, TypeError, AttributeError) as error:
        name = model._meta.db_table
        raise CannotBackUp(f"{name} has a document of no known shape, which `manage.py verify` names.") from error
