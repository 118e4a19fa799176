"""Days and moments as people write them on a page, in a time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Self
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.forms import PeriodForm
from core.periods import FIRST_DAY, LAST_DAY, Period, chosen_period, zone_of

LONGEST_ZONE = 64


class ZoneField(forms.CharField):
    """A zone by its name; the page offers those of `ZONES_AT_HAND`, any other may be typed."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Zona horaria"),
            required=False,
            max_length=LONGEST_ZONE,
            widget=forms.TextInput(attrs={"list": "zonas", "autocomplete": "off"}),
        )

    def clean(self, value: str | None) -> ZoneInfo | None:
        text = super().clean(value)
        try:
            return zone_of(text) if text else None
        except DomainError as refusal:
            raise ValidationError(str(refusal), refusal.code) from None


def in_zone(asked: QueryDict, zone: ZoneInfo) -> QueryDict:
    """What was asked, for people to see and change: in `zone` where they named none."""
    shown = asked.copy()
    if not asked.get("zone"):
        shown["zone"] = zone.key
    return shown


class ZonedPeriodForm(PeriodForm):
    """Everything may be left empty: the month so far, in the zone of whoever it is about."""

    zone = ZoneField()

    @classmethod
    def of(cls, asked: QueryDict, zone: ZoneInfo) -> Self:
        """With what was asked; where nothing was, with what that means, for people to see and change."""
        usual = chosen_period(None, None, zone, now=timezone.now())
        shown = in_zone(asked, zone)
        if not asked.get("since") and not asked.get("until"):
            shown["since"], shown["until"] = usual.since.isoformat(), usual.until.isoformat()
        return cls(shown)

    def chosen(self, zone: ZoneInfo) -> Period | None:
        """The period, or `None` after saying in the form what is wrong with it."""
        if not self.is_valid():
            return None
        since: date | None = self.cleaned_data["since"]
        until: date | None = self.cleaned_data["until"]
        try:
            return chosen_period(since, until, self.cleaned_data["zone"] or zone, now=timezone.now())
        except DomainError as refusal:
            self.add_error("until", str(refusal))
            return None


class InstantForm(forms.Form):
    """A moment by a clock on the wall. One that the clock never showed is refused; of one that it showed twice the
    later is meant, and the page says so by its distance from UTC: with that the other can be asked for.
    """

    at = forms.CharField(
        label=_("Fecha y hora"),
        required=False,
        max_length=40,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )

    def moment(self, zone: ZoneInfo) -> datetime | None:
        """The instant, in `zone`, or `None` after saying in the form what is wrong; `None` too if nothing was asked."""
        if not self.is_valid() or not self.cleaned_data["at"]:
            return None
        try:
            read = datetime.fromisoformat(self.cleaned_data["at"])
        except ValueError:
            read = None
        if read is None or not FIRST_DAY <= read.date() < LAST_DAY:
            self.add_error("at", _("Escriba una fecha y una hora, por ejemplo 2026-11-20 14:00."))
            return None
        if read.tzinfo:
            return read.astimezone(zone)
        moment = read.replace(tzinfo=zone, fold=1).astimezone(UTC).astimezone(zone)
        if moment.replace(tzinfo=None) != read:
            self.add_error("at", _("Esa hora no existió en esa zona: los relojes se adelantaron ese día."))
            return None
        return moment
