from __future__ import annotations

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.errors import DomainError
from fundsite.sqlpart import backups, sessions


class Command(BaseCommand):
    help = (
        "Puts the schema btg of a file back in place of the one that is there, wholly or not at all, needing no psql. "
        "The file is verified first; rollback_sql takes it back."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="what backup_sql wrote")

    def handle(self, *args: str, file: Path, **options: object) -> None:
        try:
            with sessions.connected() as session:
                copy = backups.restore(session, file, progress=self._progress)
        except DomainError as error:
            raise CommandError(str(error)) from error
        total = sum(copy.rows.values())
        self.stdout.write(f"{total} rows of {len(copy.rows)} tables restored, as they were at {copy.made_at} UTC")

    def _progress(self, table: str, rows: int) -> None:
        self.stdout.write(f"{table}: {rows}")
