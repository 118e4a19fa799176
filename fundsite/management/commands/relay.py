from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError, CommandParser

from events.inbox import Unavailable
from events.relay import drain, run
from fundsite import pipeline
from fundsite.stopping import when_asked


class Command(BaseCommand):
    help = (
        "Seals what has happened and publishes it to the broker of BROKER_URL; without one, hands it to every consumer "
        "itself. Until SIGTERM or Ctrl-C. Any number of them may run."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="publish what there is now, say how much, and end")

    def handle(self, *args: str, **options: bool) -> None:
        transport = pipeline.transport()
        if not options["once"]:
            with when_asked() as stopped:
                run(transport, stopped=stopped)
            return
        try:
            done = drain(transport)
        except Unavailable as error:
            raise CommandError(str(error)) from error
        finally:
            transport.close()
        self.stdout.write(f"sealed and published: {done}")
