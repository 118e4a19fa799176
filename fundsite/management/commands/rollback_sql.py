from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from core.errors import DomainError
from fundsite.backup.archive import NotABackup
from fundsite.backup.storage import StorageError
from fundsite.sqlpart import sessions, undo


class Command(BaseCommand):
    help = "Returns the schema btg to its state before the last run_sql or restore_sql that changed it; once."
    requires_system_checks = ()

    def handle(self, *args: str, **options: object) -> None:
        try:
            with sessions.connected() as session:
                copy = undo.rollback(session)
        except DomainError as error:
            raise CommandError(str(error)) from error
        except (NotABackup, StorageError) as error:
            raise CommandError(f"Nothing was rolled back: {error}") from error
        if copy.present:
            total = sum(copy.rows.values())
            self.stdout.write(f"back at {copy.made_at} UTC: {total} rows of {len(copy.rows)} tables")
        else:
            self.stdout.write(f"back at {copy.made_at} UTC: there was no schema btg")
