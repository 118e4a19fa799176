from __future__ import annotations

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services.places import seed_places
from funds.catalogue import seed_funds
from fundsite.demo import seed_demo


class Command(BaseCommand):
    help = (
        "Adds what a new installation needs: the funds on offer and the catalogue of places. "
        "Safe to repeat: what is there is left alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="also the logins of a demonstration; refused in production"
        )

    def handle(self, *args: str, **options: bool) -> None:
        if options["demo"] and settings.PRODUCTION:
            raise CommandError("--demo makes logins whose passwords everybody knows: not in production.")
        funds = seed_funds()
        self.stdout.write(f"funds added: {funds}")
        self.stdout.write(f"places added: {seed_places()}")
        if options["demo"]:
            self.stdout.write(f"demo logins added: {seed_demo()}")
