from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from events.audit import Report, verify_audit
from events.heads import Forged, Head, public_key, read_heads
from events.inbox import Unavailable
from events.management.positions import position


class Command(BaseCommand):
    help = "Walks the audit trail's chain and names the first record that is not as it was sealed; then it exits 1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
        parser.add_argument("--from", dest="start", type=position, default=1, metavar="POSITION", help="begin there")
        parser.add_argument("--head", type=Path, metavar="FILE", help="compare with the heads that audit_head wrote")
        parser.add_argument("--key", default="", help="the public key of those heads; without it: this installation's")

    def handle(self, *, start: int, head: Path | None, key: str, **options: Any) -> None:
        if key and not head:
            raise CommandError("--key says who signed the heads of --head: name the file with --head.")
        try:
            report = verify_audit(start=start, heads=_heads(head, key or public_key()) if head else [])
        except Unavailable as error:
            raise CommandError(f"The documents cannot be read: {error}") from error
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
        else:
            self.stdout.write("\n".join(_lines(report)))
        if not report.ok:
            raise SystemExit(1)


def _heads(path: Path, key: str) -> list[Head]:
    try:
        return read_heads(path.read_text(encoding="utf-8"), key=key)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not UTF-8 text.") from error
    except Forged as error:
        raise CommandError(f"{path}: {error}") from error


def _lines(report: Report) -> Iterator[str]:
    for finding in report.findings:
        yield f"BROKEN  {finding}"
    if more := report.broken - len(report.findings):
        yield f"BROKEN  and {more} more"
    if report.ok:
        yield f"ok      {report.checked} records from {report.start} to {report.position}, {report.heads} heads"
    if report.pending_since:
        yield f"pending {report.pending} sealed and not archived yet, since {report.pending_since:%Y-%m-%d %H:%M:%S %Z}"
    if report.parked:
        yield f"parked  {report.parked} set aside by the archiver: manage.py events redrive"
    if report.unsealed:
        yield f"pending {report.unsealed} recorded and not sealed yet"
    yield f"head    {report.position} {report.hash}"
