from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.periods import (
    LAST_DAY,
    InvalidPeriod,
    Period,
    UnknownZone,
    chosen_period,
    clocks_change,
    end_of,
    offset_text,
    start_of,
    zone_names,
    zone_of,
)

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
MEXICO = ZoneInfo("America/Mexico_City")
ZONES = [
    "America/Sao_Paulo",
    "America/Mexico_City",
    "America/Havana",
    "America/Bogota",
    "Pacific/Apia",
    "Asia/Kathmandu",
]


def test_a_day_whose_midnight_does_not_exist_begins_at_the_change() -> None:
    assert start_of(date(2018, 11, 4), SAO_PAULO) == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert start_of(date(2018, 11, 4), SAO_PAULO).astimezone(SAO_PAULO).hour == 1
    day = Period(date(2018, 11, 4), date(2018, 11, 4), SAO_PAULO)
    assert day.end - day.start == timedelta(hours=23)


def test_a_day_with_an_hour_twice_has_both() -> None:
    day = Period(date(2022, 10, 30), date(2022, 10, 30), MEXICO)
    assert day.end - day.start == timedelta(hours=25)


def test_a_midnight_that_happens_twice_is_the_first() -> None:
    havana = ZoneInfo("America/Havana")
    assert start_of(date(2024, 11, 3), havana) == datetime(2024, 11, 3, 4, tzinfo=UTC)


def test_a_day_that_a_place_never_had_is_empty() -> None:
    day = Period(date(2011, 12, 30), date(2011, 12, 30), ZoneInfo("Pacific/Apia"))
    assert day.start == day.end


@pytest.mark.parametrize("name", ["Asia/Tokyo", "Pacific/Apia", "America/Bogota"])
def test_the_first_and_the_last_day_that_can_be_written_are_days_everywhere(name: str) -> None:
    zone = ZoneInfo(name)
    assert start_of(date.min, zone) <= end_of(date.min, zone) <= start_of(date(1900, 1, 2), zone)
    assert start_of(date.max, zone) >= end_of(LAST_DAY, zone)


@given(st.sampled_from(ZONES), st.dates(date(2000, 1, 1), date(2030, 1, 1)))
@settings(deadline=None)
def test_days_neither_overlap_nor_leave_gaps(name: str, day: date) -> None:
    zone = ZoneInfo(name)
    today, tomorrow = Period(day, day, zone), Period(day + timedelta(days=1), day + timedelta(days=1), zone)
    assert today.end == tomorrow.start
    if today.start < today.end:
        assert today.start.astimezone(zone).date() == day
        assert (today.end - timedelta(microseconds=1)).astimezone(zone).date() == day
        assert (today.start - timedelta(microseconds=1)).astimezone(zone).date() < day


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Bogota",
        "America",
        "america/bogota",
        "../etc/passwd",
        "/etc/localtime",
        "America/Bogota\0",
        "x" * 999,
        "EST",
    ],
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone):
        zone_of(name)


def test_every_zone_that_is_offered_is_one() -> None:
    assert {"America/Bogota", "America/Sao_Paulo", "America/Guayaquil", "UTC"} <= zone_names()
    assert zone_of("UTC").utcoffset(datetime(2026, 1, 1)) == timedelta(0)


@pytest.mark.parametrize(
    ("since", "until"),
    [(date(2026, 2, 2), date(2026, 2, 1)), (date.min, date(2026, 1, 1)), (date(2026, 1, 1), date.max)],
)
def test_a_period_without_days_or_beyond_the_calendar_is_refused(since: date, until: date) -> None:
    with pytest.raises(InvalidPeriod):
        Period(since, until, SAO_PAULO)


def test_what_is_not_said_of_a_period_is_the_month_so_far_as_the_zone_counts() -> None:
    now = datetime(2026, 12, 1, 3, tzinfo=UTC)
    bogota, utc = ZoneInfo("America/Bogota"), ZoneInfo("UTC")
    first, last = date(2026, 11, 1), date(2026, 11, 30)
    assert chosen_period(None, None, bogota, now=now) == Period(first, last, bogota)
    assert chosen_period(None, None, utc, now=now) == Period(date(2026, 12, 1), date(2026, 12, 1), utc)
    assert chosen_period(date(2026, 1, 9), None, bogota, now=now) == Period(date(2026, 1, 9), last, bogota)
    assert chosen_period(None, date(2025, 5, 7), bogota, now=now) == Period(date(2025, 5, 1), date(2025, 5, 7), bogota)
    later = date(2027, 1, 1)
    assert chosen_period(later, None, bogota, now=now) == Period(later, later, bogota)


def test_an_offset_is_written_whole() -> None:
    assert offset_text(datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Kathmandu"))) == "+05:45"
    assert offset_text(datetime(2026, 1, 1, tzinfo=ZoneInfo("America/Bogota"))) == "-05:00"


def test_moments_on_both_sides_of_a_change_of_the_clocks_are_told_apart() -> None:
    night = datetime(2022, 10, 30, 6, tzinfo=UTC)  # in Mexico City 01:00, and an hour later 01:00 again
    assert clocks_change([night, night + timedelta(hours=1)], MEXICO)
    assert not clocks_change([night - timedelta(hours=9), night], MEXICO)
    assert not clocks_change([], MEXICO)
