"""The file: pieces with names, written and read in order, in constant memory.

A tar, and behind its end a seal: the SHA-256 of all that comes before it. No bit of the file changes unseen.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import IO, Any

import orjson
import zstandard

PRODUCT = "fundsite-backup"
FORMAT = 1
PIECE = 8 * 1024 * 1024  # bytes of rows in one piece, before compression
LARGEST_PIECE = 4 * PIECE  # what a reader is prepared to hold
ABOUT, MANIFEST = "about.json", "manifest.json"
SEAL = b"sha256:"  # and 64 hexadecimal digits
SEAL_SIZE = len(SEAL) + 64
BLOCK = 1024 * 1024  # bytes read at once


class NotABackup(Exception):
    """Why a file cannot be used, in a line of plain English."""


@dataclass(frozen=True, slots=True)
class Piece:
    name: str
    content: bytes


class Writer:
    """Appends pieces to `target`; `finish` writes the manifest and the seal that make the file whole."""

    def __init__(self, target: IO[bytes], about: Mapping[str, object], *, product: str = PRODUCT) -> None:
        self._sealed = _Sealed(target)
        self._tar = tarfile.open(fileobj=self._sealed, mode="w")  # noqa: SIM115 - closed by finish
        self._hashes: dict[str, str] = {}
        self._add(ABOUT, orjson.dumps({"product": product, "format": FORMAT, **about}))

    def add(self, name: str, content: bytes) -> None:
        """A piece of rows, compressed."""
        self._add(f"{name}.zst", zstandard.compress(content, 3))

    def finish(self, manifest: Mapping[str, object]) -> None:
        self._add(MANIFEST, orjson.dumps({**manifest, "pieces": self._hashes}, option=orjson.OPT_INDENT_2))
        self._tar.close()
        self._sealed.seal()

    def _add(self, name: str, stored: bytes) -> None:
        self._hashes[name] = hashlib.sha256(stored).hexdigest()
        entry = tarfile.TarInfo(name)
        entry.size = len(stored)
        self._tar.addfile(entry, io.BytesIO(stored))


class _Sealed(io.RawIOBase):
    """Enough of a file for tarfile to write to something that cannot seek."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target, self._digest = target, hashlib.sha256()

    def tell(self) -> int:
        return 0

    def write(self, data: bytes) -> int:  # type: ignore[override] # tarfile writes nothing else
        self._digest.update(data)
        return self._target.write(data)

    def seal(self) -> None:
        self._target.write(SEAL + self._digest.hexdigest().encode())


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


class Rows(io.RawIOBase):
    """A file-like for COPY FROM: the rows of a folder's pieces, one after the other."""

    def __init__(self, group: Iterator[Piece]) -> None:
        self._group, self._rest = group, memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._rest:
            piece = next(self._group, None)
            if piece is None:
                return b""
            self._rest = memoryview(decompressed(piece.content))
        taken, self._rest = self._rest[:size], self._rest[size:]
        return bytes(taken)


class _Unsealed(io.RawIOBase):
    """What comes before the seal of `source`."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source, self._digest, self._seal = source, hashlib.sha256(), b""

    def read(self, size: int = -1) -> bytes:
        while more := self._source.read(size):
            joined = self._seal + more
            given, self._seal = joined[:-SEAL_SIZE], joined[-SEAL_SIZE:]
            if given:
                self._digest.update(given)
                return given
        return b""

    def check(self) -> None:
        """Read to the end and compare. Raises `NotABackup`."""
        while self.read(BLOCK):
            pass
        if not self._seal.startswith(SEAL):
            raise NotABackup("The file does not end with its seal: it is half a backup, or something was added to it.")
        if self._seal != SEAL + self._digest.hexdigest().encode():
            raise NotABackup("The file is damaged: its checksum is another one.")


def pieces(source: IO[bytes]) -> Iterator[Piece]:
    """Every piece as it is stored, `about.json` first; at the end the seal is compared. Raises `NotABackup`."""
    unsealed = _Unsealed(source)
    try:
        with tarfile.open(fileobj=unsealed, mode="r|", bufsize=BLOCK) as tar:
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
    unsealed.check()


def folders(source: IO[bytes]) -> Iterator[tuple[str, Iterator[Piece]]]:
    """The same by folder: what is in `tables/x` is the rows of x. `about.json` and the manifest are in none."""
    return groupby(pieces(source), key=lambda piece: piece.name.rpartition("/")[0])


def check(source: IO[bytes], *, product: str = PRODUCT) -> dict[str, Any]:
    """Read all of it once and return its manifest, if every piece is what the manifest says. Raises `NotABackup`."""
    found: dict[str, str] = {}
    manifest: dict[str, Any] = {}
    for piece in pieces(source):
        if piece.name == ABOUT:
            _check_about(contents(piece), product)
        if piece.name == MANIFEST:
            manifest = contents(piece)
        else:
            found[piece.name] = hashlib.sha256(piece.content).hexdigest()
    if manifest.get("pieces") != found:
        raise NotABackup("The file does not have the pieces that its manifest names.")
    return manifest


def decompressed(content: bytes) -> bytes:
    return zstandard.decompress(content, max_output_size=LARGEST_PIECE)


def _check_about(about: Mapping[str, object], product: str) -> None:
    if about.get("product") != product:
        raise NotABackup(f"This is a {about.get('product')}, and no {product}.")
    if about.get("format") != FORMAT:
        raise NotABackup(f"The backup has format {about.get('format')}; this version reads format {FORMAT}.")


def contents(piece: Piece) -> dict[str, Any]:
    """What `about.json` or the manifest says. Raises `NotABackup`."""
    try:
        value = orjson.loads(piece.content)
    except orjson.JSONDecodeError as error:
        raise NotABackup("The file is damaged.") from error
    if not isinstance(value, dict):
        raise NotABackup("The file is damaged.")
    return value
