"""The time at which the database records: its own clock's, or one that an import of the past brings along."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction


@contextmanager
def recording_at(moment: datetime) -> Iterator[None]:
    """One transaction whose movements and events are recorded at `moment`, an aware datetime.

    The ledger keeps each account in order all the same: what comes before an account's last movement is recorded right
    after it.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone is no moment")
    with transaction.atomic():
        before = _set(moment.isoformat())
        yield
        _set(before)  # a savepoint's end would not; a failure undoes it with everything else


def _set(value: str) -> str:
    """Returns what it was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('core.now', true)")
        (before,) = cursor.fetchone()
        cursor.execute("SELECT set_config('core.now', %s, true)", [value])
    return before or ""
