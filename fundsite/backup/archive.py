"""The file: pieces with names, written and read in order, in constant memory."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO

import orjson
import zstandard

PRODUCT = "fundsite-backup"
FORMAT = 1
PIECE = 8 * 1024 * 1024  # bytes of rows in one piece, before compression
LARGEST_PIECE = 4 * PIECE  # what a reader is prepared to hold
ABOUT, MANIFEST = "about.json", "manifest.json"


class NotABackup(Exception):
    """Why a file cannot be used, in a line of plain English."""


@dataclass(frozen=True, slots=True)
class Piece:
    name: str
    content: bytes


class Writer:
    """Appends pieces to `target`; `finish` writes the manifest that makes the file whole."""

    def __init__(self, target: IO[bytes], about: Mapping[str, object]) -> None:
        self._tar = tarfile.open(fileobj=_OneWay(target), mode="w")  # noqa: SIM115 - closed by finish
        self._hashes: dict[str, str] = {}
        self._add(ABOUT, orjson.dumps({"product": PRODUCT, "format": FORMAT, **about}))

    def add(self, name: str, content: bytes) -> None:
        """A piece of rows, compressed."""
        self._add(f"{name}.zst", zstandard.compress(content, 3))

    def finish(self, manifest: Mapping[str, object]) -> None:
        pieces = dict(self._hashes)
        self._add(MANIFEST, orjson.dumps({**manifest, "pieces": pieces}, option=orjson.OPT_INDENT_2))
        self._tar.close()

    def _add(self, name: str, stored: bytes) -> None:
        self._hashes[name] = hashlib.sha256(stored).hexdigest()
        entry = tarfile.TarInfo(name)
        entry.size = len(stored)
        self._tar.addfile(entry, io.BytesIO(stored))


class _OneWay(io.RawIOBase):
    """Enough of a file for tarfile to write to something that cannot seek."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target

    def tell(self) -> int:
        return 0

    def write(self, data: bytes) -> int:  # type: ignore[override] # tarfile writes nothing else
        return self._target.write(data)


class Pieces:
    """A file-like for COPY TO: collects rows and adds them to the archive, a piece at a time."""

    def __init__(self, writer: Writer, folder: str) -> None:
        self._writer, self._folder = writer, folder
        self._buffer = bytearray()
        self._count = 0

    def write(self, data: bytes) -> int:
        self._buffer += data
        if len(self._buffer) >= PIECE:
            self.flush()
        return len(data)

    def flush(self) -> None:
        if self._buffer:
            self._writer.add(f"{self._folder}/{self._count:06d}", bytes(self._buffer))
            self._buffer.clear()
            self._count += 1


def pieces(source: IO[bytes]) -> Iterator[Piece]:
    """Every piece as it is stored, `about.json` first. Raises `NotABackup`."""
    try:
        with tarfile.open(fileobj=source, mode="r|") as tar:
            for number, entry in enumerate(tar):
                if (number == 0) != (entry.name == ABOUT):
                    raise NotABackup("This is no backup of this product.")
                body = tar.extractfile(entry) if entry.isreg() and entry.size <= LARGEST_PIECE else None
                content = body.read() if body else b""
                if body is None or len(content) != entry.size:
                    raise NotABackup("The file ends in the middle: it is half a backup.")
                yield Piece(entry.name, content)
    except (tarfile.TarError, EOFError) as error:
        raise NotABackup(f"The file is half a backup, damaged, or none of this product: {error}.") from error


def check(source: IO[bytes]) -> dict[str, object]:
    """Read all of it once and return its manifest, if every piece is what the manifest says. Raises `NotABackup`."""
    found: dict[str, str] = {}
    manifest: dict[str, object] | None = None
    for piece in pieces(source):
        if piece.name == ABOUT:
            _check_about(piece.content)
        if piece.name == MANIFEST:
            manifest = _json(piece.content)
            break
        found[piece.name] = hashlib.sha256(piece.content).hexdigest()
    if not found:
        raise NotABackup("The file is empty or no backup of this product.")
    if manifest is None:
        raise NotABackup("The file ends before its manifest: it is half a backup.")
    told = manifest.get("pieces")
    if not isinstance(told, dict) or list(told) != list(found):
        raise NotABackup("The file does not have the pieces that its manifest names.")
    if damaged := next((name for name in found if told[name] != found[name]), None):
        raise NotABackup(f"The piece {damaged} is damaged: its checksum is another one.")
    return manifest


def decompressed(content: bytes) -> bytes:
    return zstandard.decompress(content, max_output_size=LARGEST_PIECE)


def _check_about(content: bytes) -> None:
    about = _json(content)
    if about.get("product") != PRODUCT:
        raise NotABackup("This is no backup of this product.")
    if about.get("format") != FORMAT:
        raise NotABackup(f"The backup has format {about.get('format')}; this version reads format {FORMAT}.")


def _json(content: bytes) -> dict[str, object]:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise NotABackup("The file is damaged.") from error
    if not isinstance(value, dict):
        raise NotABackup("The file is damaged.")
    return value
