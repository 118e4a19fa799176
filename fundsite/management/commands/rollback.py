from __future__ import annotations

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from fundsite.backup import safety


class Command(BaseCommand):
    help = "Goes back to the state before the last restore; doing it twice goes forth again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")

    def handle(self, *, json: bool, **options: object) -> None:
        if not safety.kept().exists():
            raise CommandError(
                f"There is nothing to go back to: no restore has kept what was before ({safety.kept()})."
            )
        call_command("restore", str(safety.kept()), replace=True, json=json, stdout=self.stdout, stderr=self.stderr)
