"""Telling a document store that is out of order from a document that is bad."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, ProgrammingError
from pymongo.errors import BulkWriteError, PyMongoError, WriteError

from events.inbox import Unavailable


@contextmanager
def outages() -> Iterator[None]:
    """What is not the document's own fault is `Unavailable`, whichever database the documents are in.

    A store that is down, refuses the password or has not been migrated would refuse every document: none is to blame.
    """
    try:
        yield
    except (OperationalError, InterfaceError, ProgrammingError) as error:
        raise Unavailable(f"documents: {error}") from error
    except (DatabaseError, PyMongoError) as error:
        reason = error.__cause__ if isinstance(error, DatabaseError) else error
        if not isinstance(reason, PyMongoError):
            raise
        if not _about_a_document(reason):
            raise Unavailable(f"documents: {reason}") from error
        raise IntegrityError(str(reason)) from error  # Django's own has no words


def _about_a_document(error: PyMongoError) -> bool:
    if isinstance(error, BulkWriteError):
        return bool((error.details or {}).get("writeErrors"))
    return isinstance(error, WriteError)
