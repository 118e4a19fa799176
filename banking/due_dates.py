"""On which days a scheduled transfer is due. Plain arithmetic of dates; whose day it is, the caller knows."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from banking.models import Frequency

WEEK = timedelta(days=7)


def next_due(frequency: Frequency, starts_on: date, ends_on: date | None, *, after: date) -> date | None:
    """The first due date later than `after`, if there is one.

    Each month's is the day of `starts_on`, or the month's last where it is shorter: 31 January, 28 February, 31 March.
    """
    if after < starts_on:
        due = starts_on
    elif frequency == Frequency.WEEKLY:
        due = starts_on + WEEK * ((after - starts_on) // WEEK + 1)
    elif frequency == Frequency.MONTHLY:
        due = _in_month_of(after, starts_on.day)
        if due <= after:
            due = _in_month_of(after.replace(day=1) + timedelta(days=31), starts_on.day)
    else:
        return None
    return due if ends_on is None or due <= ends_on else None


def _in_month_of(day: date, wanted: int) -> date:
    return day.replace(day=min(wanted, monthrange(day.year, day.month)[1]))
