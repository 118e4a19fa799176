from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.errors import DomainError
from fundsite.backup.archive import NotABackup
from fundsite.backup.storage import StorageError
from fundsite.sqlpart import backups, sessions


class Command(BaseCommand):
    help = (
        "Puts the schema btg of a file back in place of the one that is there, wholly or not at all, needing no psql. "
        "The file is verified first; rollback_sql takes it back."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="what backup_sql wrote: a file or s3://bucket/key")

    def handle(self, *args: str, file: str, **options: object) -> None:
        try:
            with sessions.connected() as session:
                copy = backups.restore(session, file, progress=self._progress)
        except DomainError as error:
            raise CommandError(str(error)) from error
        except NotABackup as error:
            raise CommandError(f"Nothing was restored: {file}: {error}") from error
        except StorageError as error:
            raise CommandError(f"Nothing was restored: {error}") from error
        total = sum(copy.rows.values())
        self.stdout.write(f"{total} rows of {len(copy.rows)} tables restored, as they were at {copy.made_at} UTC")

    def _progress(self, table: str, rows: int) -> None:
        self.stdout.write(f"{table}: {rows}")
