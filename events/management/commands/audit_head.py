from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from events.audit import verify_audit
from events.heads import public_key, sign
from events.inbox import Unavailable


class Command(BaseCommand):
    help = (
        "Verifies the audit trail and prints its signed head, to be kept where nobody who administers the databases"
        " can write. Run it daily; verify_audit --head FILE then shows whether history was rewritten since."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", type=Path, metavar="FILE", help="add it to this file, one JSON object per line")

    def handle(self, *, out: Path | None, **options: Any) -> None:
        try:
            report = verify_audit()
        except Unavailable as error:
            raise CommandError(f"The documents cannot be read: {error}") from error
        if not report.ok:
            raise CommandError(f"A broken chain is not signed: {report.first}")
        if not report.position:
            raise CommandError("Nothing is sealed yet: start the relay (manage.py relay) first.")
        head = sign(position=report.position, hash=report.hash, at=timezone.now())
        if out is None:
            self.stdout.write(head.to_json().decode())
        else:
            try:
                with out.open("ab") as file:
                    file.write(head.to_json() + b"\n")
            except OSError as error:
                raise CommandError(f"{out} cannot be written: {error.strerror or error}.") from error
        self.stderr.write(f"Position {head.position}, signed with the public key {public_key()}")
