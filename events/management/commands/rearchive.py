from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Max

from events.consumers.documents import Documents
from events.inbox import Unavailable
from events.management.positions import position
from events.models import Seal
from events.sealing import envelopes_of

BATCH = 500


class Command(BaseCommand):
    help = (
        "Writes every sealed event that is missing from the documents again, from the event log: after the document"
        " store was restored from a backup, or exchanged for another. What is there is left as it is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="start", type=position, default=1, metavar="POSITION", help="begin there")

    def handle(self, *, start: int, **options: Any) -> None:
        last = Seal.objects.aggregate(last=Max("position"))["last"] or 0
        if start > max(last, 1):
            raise CommandError(f"The chain ends at {last}: there is nothing from {start} on.")
        done, count = start - 1, 0
        seals = Seal.objects.select_related("event").order_by("position")
        try:
            while batch := list(seals.filter(position__gt=done)[:BATCH]):
                Documents().handle(envelopes_of(batch))
                done, count = batch[-1].position, count + len(batch)
        except Unavailable as error:
            raise CommandError(f"Up to {done} they are there; then the documents were out of reach: {error}") from error
        self.stdout.write(f"{count} sealed events are in the documents, up to position {done}.")
