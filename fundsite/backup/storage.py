"""Where backups are: a folder, or a bucket that speaks S3. A backup is there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import boto3
import pyrage
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

SUFFIX, ENCRYPTED = ".backup", ".backup.age"
NAMED_BY_US = re.compile(r"fundsite-\d{8}T\d{6}Z\.backup(\.age)?")
ENCRYPTED_BEGINS = b"age-encryption.org/"


class StorageError(Exception):
    """What is wrong with a place or a file, in a line of plain English."""


def folder() -> Path:
    """Where backups go unless somebody says otherwise."""
    return Path(settings.DATA_DIR) / "backups"


def place(to: str | None, default: Path, name: str) -> str:
    """Where a new file goes: to `to` (`default` if nobody said), under `name` if that is a folder."""
    if to is None:
        return str(default / name)
    if to.endswith("/"):
        return to + name
    return str(Path(to) / name) if not to.startswith("s3://") and Path(to).is_dir() else to


def new_name(*, encrypted: bool) -> str:
    return f"fundsite-{datetime.now(UTC):%Y%m%dT%H%M%SZ}" + (ENCRYPTED if encrypted else SUFFIX)


@contextlib.contextmanager
def writing(place: str, *, recipient: str = "") -> Iterator[IO[bytes]]:
    """A file to write a backup to; it appears at `place` once all of it is safely there, and only then.

    `recipient` is an age public key that the content is encrypted for. Raises `StorageError`.
    """
    with _told_plainly(place), _sink(place) as sink:
        if not recipient:
            yield sink
            return
        with _encrypting(sink, recipient) as plain:
            yield plain


def reading(place: str, *, identity: str = "") -> Callable[[], IO[bytes]]:
    """Opens the backup at `place`, as often as it is called. `identity` is an age secret key. Raises `StorageError`."""

    def reopen() -> IO[bytes]:
        with _told_plainly(place):
            source = _open(place)
            beginning = source.read(len(ENCRYPTED_BEGINS))
            source.close()
            if beginning != ENCRYPTED_BEGINS:
                return _open(place)
            if not identity:
                raise StorageError(f"{place} is encrypted. --identity names the file with the secret key.")
            return _decrypting(_open(place), identity)

    return reopen


def tidy(place: str, keep: int) -> list[str]:
    """Remove all but the newest `keep` of the backups that were named by us where `place` is. Returns what went."""
    with _told_plainly(place):
        if place.startswith("s3://"):
            bucket, key = _bucket_and_key(place)
            prefix = key.rpartition("/")[0]
            client = _s3()
            # Up to the next slash: what lies deeper is somebody else's retention.
            found = client.get_paginator("list_objects_v2").paginate(
                Bucket=bucket, Prefix=f"{prefix}/" if prefix else "", Delimiter="/"
            )
            old = _all_but_newest([str(entry["Key"]) for page in found for entry in page.get("Contents", [])], keep)
            for name in old:
                client.delete_object(Bucket=bucket, Key=name)
            return [f"s3://{bucket}/{name}" for name in old]
        names = _all_but_newest([str(path) for path in Path(place).parent.iterdir()], keep)
        for name in names:
            Path(name).unlink()
        return names


def _all_but_newest(names: list[str], keep: int) -> list[str]:
    ours = sorted((name for name in names if NAMED_BY_US.fullmatch(name.rpartition("/")[2])), reverse=True)
    return ours[keep:]


@contextlib.contextmanager
def _told_plainly(place: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{error.filename or place}: {error.strerror or error}.") from error
    except (BotoCoreError, ClientError) as error:
        raise StorageError(f"{place}: {error}") from error
    except (pyrage.RecipientError, pyrage.IdentityError, pyrage.DecryptError, pyrage.EncryptError) as error:
        raise StorageError(f"{place}: the key does not fit ({error}).") from error


@contextlib.contextmanager
def _sink(place: str) -> Iterator[IO[bytes]]:
    if place.startswith("s3://"):
        with _uploading(place) as sink:
            yield sink
        return
    path = Path(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as sink:
            yield sink
            sink.flush()
            os.fsync(sink.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _open(place: str) -> IO[bytes]:
    if place.startswith("s3://"):
        bucket, key = _bucket_and_key(place)
        body: IO[bytes] = _s3().get_object(Bucket=bucket, Key=key)["Body"]
        return body
    return Path(place).open("rb")


@contextlib.contextmanager
def _uploading(place: str) -> Iterator[IO[bytes]]:
    """An upload in parts, which the bucket makes an object of only when it is complete."""
    bucket, key = _bucket_and_key(place)
    with _fed_by_a_pipe(lambda source: _s3().upload_fileobj(source, bucket, key)) as sink:
        yield sink


@contextlib.contextmanager
def _encrypting(sink: IO[bytes], recipient: str) -> Iterator[IO[bytes]]:
    key = pyrage.x25519.Recipient.from_str(recipient)
    with _fed_by_a_pipe(lambda source: pyrage.encrypt_io(source, sink, [key])) as plain:
        yield plain


def _decrypting(source: IO[bytes], identity: str) -> IO[bytes]:
    """What a thread decrypts; a wrong key or a damaged file ends it early, and whoever reads it misses the rest."""
    secrets = [line for line in identity.splitlines() if line and not line.startswith("#")]
    keys = [pyrage.x25519.Identity.from_str(line.strip()) for line in secrets]
    out, into = os.pipe()

    def work() -> None:
        with source, os.fdopen(into, "wb") as sink, contextlib.suppress(pyrage.DecryptError, OSError):
            pyrage.decrypt_io(source, sink, keys)

    threading.Thread(target=work, daemon=True).start()
    return os.fdopen(out, "rb")


class _Broken(Exception):
    """The writer has failed: what it wrote so far is to become nothing."""


class _Pipe:
    """The reading end of a pipe; fails, rather than ends, where the writer has failed."""

    def __init__(self, number: int) -> None:
        self._file, self.broken = os.fdopen(number, "rb"), False

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(size)
        if self.broken and (size < 0 or len(content) < size):
            raise _Broken
        return content

    def close(self) -> None:
        self._file.close()


@contextlib.contextmanager
def _fed_by_a_pipe(consume: Callable[[_Pipe], object]) -> Iterator[IO[bytes]]:
    """A file whose content `consume` reads in a thread of its own; what that raises is raised here."""
    out, into = os.pipe()
    pipe, faults = _Pipe(out), list[BaseException]()

    def work() -> None:
        try:
            consume(pipe)
        except BaseException as fault:
            faults.append(fault)
        finally:
            pipe.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        with os.fdopen(into, "wb") as sink:
            yield sink
    except BaseException as fault:
        pipe.broken = True
        thread.join()
        if faults and isinstance(fault, BrokenPipeError):
            raise faults[0] from fault
        raise
    thread.join()
    if faults:
        raise faults[0]


def _bucket_and_key(place: str) -> tuple[str, str]:
    parts = urlsplit(place)
    key = parts.path.lstrip("/")
    if not parts.netloc or not key:
        raise StorageError(f"{place}: say s3://bucket/key.")
    return parts.netloc, key


def _s3() -> Any:  # boto3 makes its classes when it runs
    return boto3.client("s3")
