from __future__ import annotations

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "A demonstration's new day: back up, clean up, seed. Stops before anything is removed if the backup fails."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", metavar="PLACE", help="where the backup goes, as for `backup`")
        parser.add_argument("--keep", type=int, default=7, metavar="N", help="backups that stay there (default: 7)")
        parser.add_argument("--force", action="store_true", help="in production, too (without the demonstration)")

    def handle(self, *, to: str | None, keep: int, force: bool, **options: object) -> None:
        if settings.PRODUCTION and not force:
            raise CommandError("reset_daily is for demonstrations: it removes every client. --force does it anyway.")
        call_command("backup", to=to, keep=keep, stdout=self.stdout, stderr=self.stderr)
        call_command("clean_up", yes=True, force=force, stdout=self.stdout)
        call_command("seed", demo=not settings.PRODUCTION, stdout=self.stdout)
