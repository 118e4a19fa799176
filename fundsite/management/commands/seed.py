from __future__ import annotations

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services.places import seed_places
from core.ids import uuid7
from funds.catalogue import seed_funds
from fundsite.backup.progress import shown
from fundsite.demo import seed_demo
from fundsite.demo_world import seed_world
from fundsite.scale import seed_scale


class Command(BaseCommand):
    help = (
        "Adds what a new installation needs: the funds on offer and the catalogue of places. "
        "Safe to repeat: what is there is left alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--demo",
            action="store_true",
            help="also a demonstration: its logins, and clients with a life; refused in production",
        )
        parser.add_argument(
            "--scale", type=int, metavar="N", help="also N movements of made-up clients, for load tests; not repeatable"
        )

    def handle(self, *, demo: bool, scale: int | None, **options: object) -> None:
        if demo and settings.PRODUCTION:
            raise CommandError("--demo makes logins whose passwords everybody knows: not in production.")
        if scale is not None and (scale < 1 or settings.PRODUCTION):
            raise CommandError("--scale takes 1 or more, and makes money up: not in production.")
        funds = seed_funds()
        self.stdout.write(f"funds added: {funds}")
        self.stdout.write(f"places added: {seed_places()}")
        if demo:
            self.stdout.write(f"demo logins added: {seed_demo()}")
            self.stdout.write(f"demo clients added: {seed_world()}")
        if scale:
            self._scale(scale)

    def _scale(self, movements: int) -> None:
        with shown(self.stderr, enabled=True) as progress:
            clients = seed_scale(
                movements, actor_id=uuid7(), progress=lambda done, total: progress("movements", done, total)
            )
        self.stdout.write(f"movements added: {movements}, of {clients} clients")
