from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation.template import templatize

ROOMS = ("core", "events", "ledger", "accounts", "banking", "funds", "notifications", "fundsite")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}

UNWANTED_HEADERS = (b'"POT-', b'"PO-', b'"Project-', b'"Report-', b'"Last-', b'"Language-Team', b'"Generated-')


class Command(BaseCommand):
    help = (
        "Collects the words shown to people into locale/ and compiles them, with no need of GNU gettext. "
        "Spanish is the language they are written in; the others must translate every one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing; exit 1 if a translation is missing or not compiled"
        )

    def handle(self, *args: str, **options: bool) -> None:
        found = _collect(settings.BASE_DIR)
        faults: list[str] = []
        for language, _name in settings.LANGUAGES:
            if language == settings.LANGUAGE_CODE:
                continue
            folder = settings.BASE_DIR / "locale" / _locale_name(language) / "LC_MESSAGES"
            catalog = _merged(found, folder / "django.po", language)
            missing = [str(message.id) for message in catalog if message.id and not _translated(message)]
            faults += [f"{language}: no translation of {text!r}" for text in missing]
            if options["check"]:
                faults += _differences(catalog, folder, language)
            else:
                folder.mkdir(parents=True, exist_ok=True)
                (folder / "django.po").write_bytes(_po(catalog))
                (folder / "django.mo").write_bytes(_mo(catalog))
                self.stdout.write(f"{language}: {len(catalog)} messages, {len(missing)} to translate")
        if options["check"] and faults:
            raise CommandError("\n".join(faults))


def _collect(root: Path) -> Catalog:
    """Every message of our Python files and templates; the catalogue keeps no line numbers, so it changes rarely."""
    catalog = Catalog(charset="utf-8")
    for path, source in _sources(root):
        for _line, words, _comments, context in extract("python", io.BytesIO(source.encode()), KEYWORDS):
            catalog.add(words, locations=[(path.relative_to(root).as_posix(), 0)], context=context)
    return catalog


def _sources(root: Path) -> Iterator[tuple[Path, str]]:
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            if "tests" not in path.parts and "migrations" not in path.parts:
                yield path, path.read_text(encoding="utf-8")
    for path in sorted(path for path in (root / "templates").rglob("*") if path.suffix in (".html", ".txt")):
        # Django's own rewriting of a template into calls of gettext; its indentation would mean something to Python.
        calls = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        yield path, "\n".join(line.strip() for line in calls.splitlines())


def _merged(found: Catalog, path: Path, language: str) -> Catalog:
    """What was found, with the translations that `path` has; what is no longer used goes."""
    known = read_po(io.BytesIO(path.read_bytes()), locale=_locale_name(language)) if path.exists() else Catalog()
    merged = Catalog(
        locale=_locale_name(language), charset="utf-8", fuzzy=False, header_comment="# Written by `manage.py messages`."
    )
    for message in sorted((one for one in found if one.id), key=lambda one: (str(one.id), one.context or "")):
        old = known.get(message.id, message.context)
        string = old.string if old and not old.fuzzy else None
        merged.add(message.id, string, locations=message.locations, context=message.context, flags=message.flags)
    return merged


def _translated(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, (tuple, list)) else bool(message.string)


def _differences(catalog: Catalog, folder: Path, language: str) -> list[str]:
    faults = []
    for name, wanted in (("django.po", _po(catalog)), ("django.mo", _mo(catalog))):
        path = folder / name
        if not path.exists() or path.read_bytes() != wanted:
            faults.append(f"{language}: {name} is not up to date: run `manage.py messages`")
    return faults


def _po(catalog: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=110, omit_header=False, include_lineno=False, sort_output=False)
    # Dates in the header would make every run a change; the rest of these are blanks to be filled in.
    return b"\n".join(line for line in buffer.getvalue().split(b"\n") if not line.startswith(UNWANTED_HEADERS))


def _mo(catalog: Catalog) -> bytes:
    buffer = io.BytesIO()
    compiled = read_po(io.BytesIO(_po(catalog)), locale=catalog.locale)
    compiled.creation_date = datetime.fromtimestamp(0, UTC)  # babel would write the present minute into the file
    write_mo(buffer, compiled)
    return buffer.getvalue()


def _locale_name(language: str) -> str:
    """`pt-br` as Django looks for it in `locale/`: `pt_BR`."""
    head, _, region = language.partition("-")
    return f"{head}_{region.upper()}" if region else head
