"""The state before the last restore, kept aside so that there is a way back."""

from __future__ import annotations

from pathlib import Path

from fundsite.backup import storage
from fundsite.backup.dump import Progress, write_backup


def kept() -> Path:
    """Where it is, if there is one."""
    return storage.folder() / "before-the-last-restore.backup"


def keep(progress: Progress) -> Path:
    """Back up what is there now, beside the one before; `settle` puts it in its place. Raises `StorageError`."""
    path = kept().with_name("before-this-restore.backup")
    with storage.writing(str(path)) as target:
        write_backup(target, progress)
    return path


def settle(path: Path) -> None:
    """The restore has happened: what was kept for it is the way back."""
    path.replace(kept())
