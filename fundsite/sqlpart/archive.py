"""One file that holds a schema: a zip of rows and a manifest, sealed so that no bit of it can change unseen.

The zip's comment, which is the end of the file, holds the SHA-256 of all that comes before it. The manifest holds
the structure, the number of rows and the SHA-256 of each part; both are compared again while the rows are read.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError

FORMAT = 1
_FIRST = "fundsite-sqlpart.txt"
_EXPLANATION = "The schema btg of Fundsite. manage.py restore_sql FILE puts it back.\n"
_MANIFEST = "manifest.json"
_SEAL = b"fundsite-sqlpart sha256:"
_DIGEST = 64  # hexadecimal digits
_BLOCK = 1 << 20  # bytes


class FileRefused(DomainError):
    """A file that cannot be written or restored. The database and what was in the file's place are as before."""

    code = "sql_file"


class Unwritable(FileRefused):
    code = "sql_unwritable"
    message = _("No se pudo escribir %(file)s (%(reason)s). Lo que había en su lugar sigue como estaba.")


class Unopenable(FileRefused):
    code = "sql_unopenable"
    message = _("No se puede leer %(file)s (%(reason)s). No se cambió nada.")


class EmptyFile(FileRefused):
    code = "sql_empty_file"
    message = _("%(file)s está vacío: no es una copia. No se cambió nada.")


class NotABackup(FileRefused):
    code = "sql_not_a_backup"
    message = _("%(file)s no es una copia hecha con backup_sql. No se cambió nada.")


class Damaged(FileRefused):
    code = "sql_damaged"
    message = _("%(file)s está incompleto o dañado: su suma SHA-256 no coincide. No se cambió nada.")


class OtherFormat(FileRefused):
    code = "sql_other_format"
    message = _("%(file)s es una copia de otra versión (formato %(format)s; aquí se lee el 1). No se cambió nada.")


@dataclass
class Writer:
    """Adds parts to an archive and remembers their digests."""

    archive: zipfile.ZipFile
    parts: dict[str, str] = field(default_factory=dict)

    @contextlib.contextmanager
    def part(self, name: str) -> Iterator[_Hashing]:
        with self.archive.open(name, "w", force_zip64=True) as file:
            hashing = _Hashing(file)
            yield hashing
        self.parts[name] = hashing.digest.hexdigest()

    def finish(self, manifest: Mapping[str, object]) -> None:
        known = {**manifest, "product": "fundsite", "format": FORMAT, "parts": self.parts}
        self.archive.writestr(_MANIFEST, json.dumps(known, ensure_ascii=False, indent=1))


@dataclass
class Reader:
    """A verified archive."""

    path: Path
    archive: zipfile.ZipFile
    manifest: Mapping[str, Any]

    @contextlib.contextmanager
    def part(self, name: str) -> Iterator[_Hashing]:
        """Raises `Damaged` at the end if what was read is not what was written."""
        with self.archive.open(name) as file:
            hashing = _Hashing(file)
            yield hashing
            while hashing.read(_BLOCK):
                pass
        if self.manifest["parts"].get(name) != hashing.digest.hexdigest():
            raise Damaged(file=self.path)


class _Hashing:
    """A file for COPY that takes the digest of what passes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self._file.write(data)

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data


@contextlib.contextmanager
def writing(path: Path, *, durable: bool = True) -> Iterator[Writer]:
    """Written aside, sealed, on the disk if it is to be `durable`, and only then in place of `path`.

    Raises `Unwritable`.
    """
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with (
            open(aside, "xb", opener=_privately) as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive,
        ):
            archive.comment = _SEAL + b"0" * _DIGEST
            archive.writestr(_FIRST, _EXPLANATION)
            yield Writer(archive)
        _seal(aside, durable=durable)
        os.replace(aside, path)
    except OSError as error:
        raise Unwritable(file=path, reason=error.strerror or error) from error
    finally:
        aside.unlink(missing_ok=True)


def _privately(name: str, flags: int) -> int:
    return os.open(name, flags, mode=0o600)  # the rows are about people


def _seal(path: Path, *, durable: bool) -> None:
    with path.open("r+b") as file:
        digest = _digest(file)
        file.seek(-_DIGEST, os.SEEK_END)
        file.write(digest.encode())
        if durable:
            file.flush()
            os.fsync(file.fileno())


def _digest(file: IO[bytes]) -> str:
    """Of everything but the digest at its end."""
    left = file.seek(0, os.SEEK_END) - _DIGEST
    file.seek(0)
    digest = hashlib.sha256()
    while left > 0 and (block := file.read(min(_BLOCK, left))):
        digest.update(block)
        left -= len(block)
    return digest.hexdigest()


@contextlib.contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Raises `FileRefused` unless every bit of the file is as it was written."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise Unopenable(file=path, reason=error.strerror or error) from error
    with file:
        _verify(file, path)
        with zipfile.ZipFile(file) as archive:
            yield Reader(path, archive, _manifest(archive, path))


def _verify(file: IO[bytes], path: Path) -> None:
    head = file.read(30 + len(_FIRST))
    if not head:
        raise EmptyFile(file=path)
    if not (head.startswith(b"PK\x03\x04") and head.endswith(_FIRST.encode()) and len(head) == 30 + len(_FIRST)):
        raise NotABackup(file=path)
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - len(_SEAL) - _DIGEST))
    seal = file.read()
    if seal[: len(_SEAL)] != _SEAL or seal[len(_SEAL) :] != _digest(file).encode():
        raise Damaged(file=path)


def _manifest(archive: zipfile.ZipFile, path: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(archive.read(_MANIFEST))
    if found.get("format") != FORMAT:
        raise OtherFormat(file=path, format=found.get("format"))
    return found
