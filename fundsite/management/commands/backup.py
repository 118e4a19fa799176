from __future__ import annotations

import json
import time
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from events.inbox import Unavailable
from fundsite.backup import storage
from fundsite.backup.drill import Drill, DrillFailed, drill
from fundsite.backup.dump import CannotBackUp, write_backup
from fundsite.backup.progress import shown

FAILURES = (storage.StorageError, CannotBackUp, Unavailable, DrillFailed, DatabaseError, OSError)


class Command(BaseCommand):
    help = "Backs up everything the product keeps, as of one moment, while it goes on working."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--to",
            metavar="PLACE",
            help="a file, a folder (ends in /) or s3://bucket/key; default: backups/ in the data directory",
        )
        parser.add_argument("--encrypt-to", metavar="RECIPIENT", default="", help="an age public key, age1…")
        parser.add_argument("--keep", type=int, metavar="N", help="afterwards remove all but the newest N there")
        parser.add_argument("--drill", action="store_true", help="restore it into a scratch database and compare")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")

    def handle(
        self, *, to: str | None, encrypt_to: str, keep: int | None, drill: bool, json: bool, **options: object
    ) -> None:
        if keep is not None and keep < 1:
            raise CommandError("--keep takes 1 or more.")
        if drill:
            if to is not None or encrypt_to or keep is not None:
                raise CommandError("--drill keeps no file: back up first, then try --drill by itself.")
            self._drill(as_json=json)
            return
        place = storage.place(to, storage.folder(), storage.new_name(encrypted=bool(encrypt_to)))
        began = time.monotonic()
        try:
            with shown(self.stderr, enabled=not json) as progress, storage.writing(place, recipient=encrypt_to) as file:
                summary = write_backup(file, progress)
        except FAILURES as error:
            raise CommandError(f"No backup was made: {' '.join(str(error).split())}") from error
        try:
            removed = storage.tidy(place, keep) if keep else []
        except storage.StorageError as error:
            raise CommandError(f"The backup is made, {place}, but older ones are left: {error}") from error
        self._say(
            as_json=json,
            place=place,
            seconds=round(time.monotonic() - began, 2),
            rows=sum(summary.rows.values()),
            created_at=summary.created_at,
            ledger=summary.ledger,
            head=summary.head,
            removed=removed,
        )

    def _say(self, *, as_json: bool, place: str, seconds: float, rows: int, removed: list[str], **more: object) -> None:
        if as_json:
            said = {"place": place, "seconds": seconds, "rows": rows, "removed": removed, **more}
            self.stdout.write(json.dumps(said, ensure_ascii=False))
            return
        self.stdout.write(f"{rows} rows in {seconds} s: {place}")
        for name in removed:
            self.stdout.write(f"removed {name}")

    def _drill(self, *, as_json: bool) -> None:
        try:
            done: Drill = drill()
        except FAILURES as error:
            raise CommandError(f"The drill failed: {' '.join(str(error).split())}") from error
        record = Path(settings.DATA_DIR) / "drills.jsonl"
        with record.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(done.as_dict()) + "\n")
        if as_json:
            self.stdout.write(json.dumps(done.as_dict()))
            return
        for name, seconds in done.seconds.items():
            self.stdout.write(f"{name:10} {seconds:8.2f} s")
        self.stdout.write(f"{done.rows} rows came back as they were; recorded in {record}")
