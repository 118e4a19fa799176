from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.errors import DomainError
from fundsite.backup import storage
from fundsite.sqlpart import backups, sessions


class Command(BaseCommand):
    help = (
        "Keeps the schema btg in a file, structure and rows, from one snapshot, needing no pg_dump. Written aside and "
        "renamed: what was in the file's place stays until the new one is whole. Owners and grants are not kept."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--to",
            metavar="PLACE",
            help="a file, a folder (ends in /) or s3://bucket/key; default: sql-backups/ in the data directory",
        )

    def handle(self, *args: str, to: str | None = None, **options: object) -> None:
        try:
            with sessions.connected() as session:
                place = storage.place(to, Path(settings.DATA_DIR) / "sql-backups", _new_name())
                copy = backups.backup(session, place, progress=self._progress)
        except DomainError as error:
            raise CommandError(str(error)) from error
        except storage.StorageError as error:
            raise CommandError(f"No backup was made: {error}") from error
        self.stdout.write(f"{sum(copy.rows.values())} rows of {len(copy.rows)} tables kept in {place}")

    def _progress(self, table: str, rows: int) -> None:
        self.stdout.write(f"{table}: {rows}")


def _new_name() -> str:
    return f"btg-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.backup"
