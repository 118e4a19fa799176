from __future__ import annotations

import json as jsonlib
import time
from contextlib import nullcontext
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from events.inbox import Unavailable
from fundsite.backup import safety, storage
from fundsite.backup.archive import NotABackup
from fundsite.backup.drill import DrillFailed, run_into
from fundsite.backup.dump import CannotBackUp
from fundsite.backup.load import CannotRestore, DocumentsInPart, checked, has_tables, restore
from fundsite.backup.progress import shown
from fundsite.backup.trial import faults


class Command(BaseCommand):
    help = (
        "Puts a backup back: checks the whole file, loads all of it or nothing, verifies books and audit trail. "
        "What was there before is kept for `manage.py rollback`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a file or s3://bucket/key")
        parser.add_argument("--into", metavar="URL", help="another database; default: the product's own")
        parser.add_argument("--replace", action="store_true", help="in the place of what is there")
        parser.add_argument("--identity", metavar="FILE", help="the file with the age secret key")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")

    def handle(
        self, *, file: str, into: str | None, replace: bool, identity: str | None, json: bool, **options: object
    ) -> None:
        began = time.monotonic()
        said = self._into(into, file, replace, identity) if into else self._here(file, replace, identity, quiet=json)
        said["seconds"] = round(time.monotonic() - began, 2)
        if json:
            self.stdout.write(jsonlib.dumps(said, ensure_ascii=False))
        else:
            self.stdout.write(
                f"{said['rows']} rows as of {said['created_at']} in {said['seconds']} s; all of it verified"
            )

    def _into(self, url: str, file: str, replace: bool, identity: str | None) -> dict[str, object]:
        if not url.startswith(("postgres://", "postgresql://")):
            raise CommandError("--into takes postgres://user:password@host:5432/name.")
        options = ["--replace"] * replace + (["--identity", identity] if identity else [])
        try:
            return run_into(url, "restore", file, *options)
        except DrillFailed as error:
            raise CommandError(str(error)) from error

    def _here(self, file: str, replace: bool, identity: str | None, *, quiet: bool) -> dict[str, object]:
        secret = _secret(identity) if identity else ""
        try:
            with shown(self.stderr, enabled=not quiet) as progress:
                source = storage.reading(file, identity=secret)
                manifest = checked(source)
                with safety.way_back(progress) if replace and has_tables() else nullcontext():
                    restore(source, manifest, replace=replace, progress=progress)
        except DocumentsInPart as error:
            raise CommandError(f"The database is restored, the documents are not: {error} Restore again.") from error
        except NotABackup as error:
            raise CommandError(f"Nothing was restored: {file}: {error}") from error
        except (CannotRestore, CannotBackUp, Unavailable, storage.StorageError, OSError) as error:
            raise CommandError(f"Nothing was restored: {error}") from error
        except DatabaseError as error:
            raise CommandError(f"Nothing was restored. PostgreSQL says: {' '.join(str(error).split())}") from error
        if found := faults():
            raise CommandError("It was restored, but does not verify: " + "; ".join(found))
        told = manifest["rows"]
        assert isinstance(told, dict)
        return {"rows": sum(told.values()), "created_at": manifest["created_at"], "head": manifest["head"]}


def _secret(identity: str) -> str:
    try:
        return Path(identity).read_text(encoding="utf-8")
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
    except UnicodeDecodeError:
        reason = "is not UTF-8 text"
    raise CommandError(f"Nothing was restored: {identity} {reason}.")
