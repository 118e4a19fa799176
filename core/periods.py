"""Days in somebody's time zone, and the instants at which they begin and end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError

# Those offered while somebody types; any other that the IANA database names will do.
ZONES_AT_HAND = (
    "America/Bogota",
    "America/Guayaquil",
    "America/Lima",
    "America/Mexico_City",
    "America/Sao_Paulo",
    "America/Santiago",
    "America/Argentina/Buenos_Aires",
    "America/Caracas",
    "America/New_York",
    "Europe/Madrid",
    "UTC",
)
FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(9998, 12, 31)


class UnknownZone(DomainError):
    code = "unknown_zone"
    field = "zone"
    message = _("No conocemos esa zona horaria. Escríbala como America/Bogota.")


class InvalidPeriod(DomainError):
    code = "invalid_period"
    field = "to"
    message = _("Esta fecha debe ser igual o posterior a la fecha inicial.")


@cache
def zone_names() -> frozenset[str]:
    """Every zone of the IANA database that names a place (or UTC), as this machine has it."""
    return frozenset(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")) | {"UTC"}


def zone_of(name: str) -> ZoneInfo:
    """Raises `UnknownZone`; names that are paths, folders or files of the database's own are no zones."""
    if name not in zone_names():
        raise UnknownZone
    return ZoneInfo(name)


def start_of(day: date, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which a day begins in a zone; before `FIRST_DAY` there are none.

    A midnight that happens twice is the first of them. One that does not happen (clocks went from 00:00 to 01:00) is
    the moment of the change, which is the day's first: Python reads it with the offset from before the change.
    """
    return datetime.combine(max(day, FIRST_DAY), time.min, tzinfo=zone).astimezone(UTC)


def end_of(day: date, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which the next day begins."""
    return start_of(min(day, LAST_DAY) + timedelta(days=1), zone)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `since` to `until`, both included, as a zone counts them. Raises `InvalidPeriod` without any."""

    since: date
    until: date
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if not FIRST_DAY <= self.since <= self.until <= LAST_DAY:
            raise InvalidPeriod

    @property
    def start(self) -> datetime:
        """The first instant, in UTC."""
        return start_of(self.since, self.zone)

    @property
    def end(self) -> datetime:
        """The first instant after the period, in UTC."""
        return end_of(self.until, self.zone)

    def is_over(self, now: datetime) -> bool:
        return self.end <= now


def house_zone() -> ZoneInfo:
    """The product's own, in which days are counted where nobody's are asked for."""
    return ZoneInfo(settings.TIME_ZONE)


def today_in(zone: ZoneInfo, now: datetime) -> date:
    return now.astimezone(zone).date()


def chosen_period(since: date | None, until: date | None, zone: ZoneInfo, *, now: datetime) -> Period:
    """The days asked for: to today unless said, from the first of that month unless said. Raises `InvalidPeriod`."""
    last = until or max(today_in(zone, now), since or date.min)
    return Period(since or last.replace(day=1), last, zone)


def clocks_change(moments: Iterable[datetime], zone: tzinfo) -> bool:
    """Whether a zone's clocks were changed between the moments: then each needs its `offset_text` beside it."""
    return len({moment.astimezone(zone).utcoffset() for moment in moments}) > 1


def offset_text(moment: datetime) -> str:
    """`-05:00`: what tells the two 01:30 of a night apart."""
    text = moment.strftime("%z")
    return f"{text[:3]}:{text[3:5]}"
