from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.errors import DomainError
from fundsite.backup.storage import StorageError
from fundsite.sqlpart import results, runner, script, sessions


class Command(BaseCommand):
    help = (
        "Runs SQL files as psql does, needing no psql: \\i, \\ir and \\echo, all files in one transaction. "
        "rollback_sql takes it back. The server is that of PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE if one of "
        "them is set, else that of DATABASE_URL, else the embedded one."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="default: sql/run_all.sql")
        parser.add_argument(
            "--reading", choices=runner.READINGS, help="of the query in sql/03_query.sql; exclusive if not said"
        )
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", dest="show", action="store_const", const=results.as_json, help="one JSON object")
        form.add_argument("--csv", dest="show", action="store_const", const=results.as_csv, help="CSV with headings")
        parser.add_argument("--yes", action="store_true", help="allow DROP SCHEMA, as in sql/05_drop_schema.sql")
        parser.add_argument(
            "--no-undo", action="store_true", help="do not keep the state before: quicker, and rollback_sql has nothing"
        )
        parser.set_defaults(show=results.as_text)

    def handle(
        self,
        *args: str,
        files: Sequence[Path],
        reading: str | None,
        show: Callable[[runner.Report], str],
        yes: bool,
        no_undo: bool,
        **options: object,
    ) -> None:
        try:
            steps = [step for file in files for step in script.read(file)] if files else _all()
            with sessions.connected() as session:
                report = runner.run(session, steps, reading=reading, confirmed=yes, keep=not no_undo)
                notices = list(session.notices)
        except DomainError as error:
            raise CommandError(str(error)) from error
        except StorageError as error:
            raise CommandError(f"Nothing was run, for the state before could not be kept: {error}") from error
        for notice in notices:
            self.stderr.write(notice.rstrip())
        self.stdout.write(show(report), ending="")
        if show is results.as_text:
            self.stdout.write(f"statements done in one transaction: {report.statements}")


def _all() -> list[script.Step]:
    """`sql/run_all.sql` of this product, wherever the command is started."""
    return script.read(settings.BASE_DIR / "sql" / "run_all.sql", shown_as=Path("sql/run_all.sql"))
