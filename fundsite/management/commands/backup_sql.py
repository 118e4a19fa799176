from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.errors import DomainError
from fundsite.sqlpart import backups, sessions


class Command(BaseCommand):
    help = (
        "Keeps the schema btg in a file, structure and rows, from one snapshot, needing no pg_dump. Written aside and "
        "renamed: what was in the file's place stays until the new one is whole. Owners and grants are not kept."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--to", type=Path, metavar="FILE", help="default: a new file under sql-backups/ in the data directory"
        )

    def handle(self, *args: str, to: Path | None = None, **options: object) -> None:
        try:
            with sessions.connected() as session:
                path = to or _new_file()
                copy = backups.backup(session, path, progress=self._progress)
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{sum(copy.rows.values())} rows of {len(copy.rows)} tables kept in {path}")

    def _progress(self, table: str, rows: int) -> None:
        self.stdout.write(f"{table}: {rows}")


def _new_file() -> Path:
    folder = Path(settings.DATA_DIR) / "sql-backups"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"btg-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.zip"
