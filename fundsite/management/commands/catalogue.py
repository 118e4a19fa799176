"""Write what the catalogue of events says, for people and for programs."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from events.descriptions import asyncapi, markdown

DOCS = Path(settings.BASE_DIR) / "docs"
FILES: Mapping[str, Callable[[], str]] = {"events.md": markdown, "asyncapi.json": asyncapi}


class Command(BaseCommand):
    help = "Writes docs/events.md and docs/asyncapi.json from the catalogue of events."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is out of date")

    def handle(self, *, check: bool, **options: Any) -> None:
        stale = [name for name, made in FILES.items() if _text(DOCS / name) != made()]
        if check and stale:
            raise CommandError(f"out of date: {', '.join(stale)}; run manage.py catalogue", returncode=1)
        for name in stale:
            (DOCS / name).write_text(FILES[name](), encoding="utf-8")
            self.stdout.write(f"written: docs/{name}")
        if not stale:
            self.stdout.write("docs/events.md and docs/asyncapi.json are what the catalogue says")


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
