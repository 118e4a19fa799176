from __future__ import annotations

import json

from django.core.management.base import BaseCommand, CommandParser

from fundsite.books import CHECKS
from ledger.verify import Finding, verify


class Command(BaseCommand):
    help = "Re-adds the books from their entries and says what was checked; exits 1 if anything does not add up."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")

    def handle(self, *args: str, **options: bool) -> None:
        findings = list(verify(CHECKS))
        sound = not any(finding.broken for finding in findings)
        if options["json"]:
            report = {"ok": sound, "checks": [finding.as_dict() for finding in findings]}
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
        else:
            for finding in findings:
                self.stdout.write(_line(finding))
        if not sound:
            raise SystemExit(1)


def _line(finding: Finding) -> str:
    if finding.broken:
        return f"BROKEN  {finding.name}: {finding.broken} of {finding.checked}; first: {finding.first}"
    return f"ok      {finding.name}: {finding.checked} checked"
