"""The state before the last restore, kept aside so that there is a way back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from fundsite.backup import storage
from fundsite.backup.dump import Progress, write_backup
from fundsite.backup.load import DocumentsInPart


def kept() -> Path:
    """Where it is, if there is one.

    Each database has its own, since what was in one is not to come back in another; known by its server's own number,
    since the server's address may be another one tomorrow.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier FROM pg_control_system()")
        (server,) = cursor.fetchone()
    name = re.sub(r"[^\w.]+", "-", str(connection.settings_dict["NAME"]))
    return storage.folder() / f"before-the-last-restore-of-{name}-{server}.backup"


@contextmanager
def way_back(progress: Progress) -> Iterator[None]:
    """Keeps what is there now; once the block's restore has happened, that is the way back.

    Raises `StorageError`, and what `write_backup` does.
    """
    aside = kept().with_suffix(".new")
    with storage.writing(str(aside)) as target:
        write_backup(target, progress)
    try:
        yield
    except DocumentsInPart:
        aside.replace(kept())
        raise
    except BaseException:
        aside.unlink()
        raise
    aside.replace(kept())
