"""On which days a scheduled transfer is due: compared with counting the days one by one."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banking.due_dates import next_due
from banking.models import Frequency

DAYS = st.dates(date(2023, 1, 1), date(2028, 12, 31))


def is_due(frequency: Frequency, starts_on: date, ends_on: date | None, day: date) -> bool:
    if day < starts_on or (ends_on and day > ends_on):
        return False
    if frequency == Frequency.ONCE:
        return day == starts_on
    if frequency == Frequency.WEEKLY:
        return day.weekday() == starts_on.weekday()
    return day.day == min(starts_on.day, monthrange(day.year, day.month)[1])


@given(st.sampled_from(Frequency), DAYS, st.none() | DAYS, DAYS)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_the_next_date_is_the_first_that_counting_finds(
    frequency: Frequency, starts_on: date, ends_on: date | None, after: date
) -> None:
    days = (after + timedelta(days=ahead) for ahead in range(1, 2300))
    counted = next((day for day in days if is_due(frequency, starts_on, ends_on, day)), None)
    assert next_due(frequency, starts_on, ends_on, after=after) == counted


@pytest.mark.parametrize(
    ("first", "following"),
    [
        (date(2027, 1, 31), [date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]),
        (date(2028, 1, 30), [date(2028, 2, 29), date(2028, 3, 30)]),
        (date(2027, 12, 31), [date(2028, 1, 31), date(2028, 2, 29)]),
    ],
)
def test_a_month_that_is_too_short_is_paid_on_its_last_day(first: date, following: list[date]) -> None:
    due = first
    for expected in following:
        found = next_due(Frequency.MONTHLY, first, None, after=due)
        assert found == expected
        due = expected
