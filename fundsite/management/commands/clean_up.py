from __future__ import annotations

import json as jsonlib
from collections.abc import Mapping

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from fundsite.clean_up import DocumentsLeft, clean_up, what_would_go


class Command(BaseCommand):
    help = "Removes clients and everything they did; keeps the structure, the funds, the places and the staff."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would go, and remove nothing")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--force", action="store_true", help="in production, too")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")

    def handle(self, *, dry_run: bool, yes: bool, force: bool, json: bool, **options: object) -> None:
        if dry_run:
            self._say("would remove", what_would_go(), as_json=json)
            return
        if settings.PRODUCTION and not force:
            raise CommandError("This removes every client and their money. In production it needs --force as well.")
        if not yes and not self._agreed():
            raise CommandError("Nothing was removed. Answer yes, or give --yes.")
        try:
            gone = clean_up()
        except DocumentsLeft as error:
            raise CommandError(f"The database is emptied, the documents are not: {error} Clean up again.") from error
        except DatabaseError as error:
            raise CommandError(f"Nothing was removed. PostgreSQL says: {' '.join(str(error).split())}") from error
        self._say("removed", gone, as_json=json)

    def _agreed(self) -> bool:
        try:
            return input("This removes every client and all they did. Write yes to go on: ").strip() == "yes"
        except EOFError:
            self.stdout.write("")  # nobody's Enter has ended the line of the question
            return False

    def _say(self, what: str, counts: Mapping[str, int], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(jsonlib.dumps({what.replace(" ", "_"): dict(counts)}))
            return
        for table, count in counts.items():
            self.stdout.write(f"{what} {count:>10} {table}")
        self.stdout.write(f"{what} {sum(counts.values()):>10} rows in all")
