from __future__ import annotations

import json
from argparse import ArgumentTypeError
from datetime import date

from django.core.management.base import BaseCommand, CommandParser

from banking.services.due import run_due


class Command(BaseCommand):
    help = (
        "Makes the scheduled transfers that are due, and those missed while nobody ran this. Safe to repeat and to run "
        "twice at once: each date is paid once. Run it every few minutes: days begin at each client's own midnight. "
        "Exits 1 if some could not be tried."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--date", type=_day, help="YYYY-MM-DD: as if this were today, whatever the client's zone")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of a line")

    def handle(self, *args: str, **options: object) -> None:
        today = options["date"]
        assert today is None or isinstance(today, date)
        report = run_due(today=today)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict()))
        else:
            self.stdout.write(f"made: {report.made}, skipped: {report.skipped}, failed: {report.failed}")
        if report.failed:
            raise SystemExit(1)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a date: YYYY-MM-DD") from None
