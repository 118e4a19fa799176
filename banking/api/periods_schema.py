"""`?from=2026-11-01&to=2026-11-30&zone=America/Bogota`, and an instant."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.errors import DomainError
from core.paging import LARGEST_PAGE
from core.periods import FIRST_DAY, LAST_DAY, Period, chosen_period, zone_of

_ESCAPED = re.compile(r" (\d\d:\d\d)\Z")  # of an address: a + that nobody escaped arrives as a blank


@extend_schema_field({"type": "string", "example": "America/Bogota"})
class ZoneField(serializers.Field):  # type: ignore[type-arg]
    """A zone by its name in the IANA database."""

    def __init__(self) -> None:
        super().__init__(required=False, help_text=_("Zona horaria IANA en la que se cuentan los días."))

    def to_internal_value(self, data: object) -> ZoneInfo:
        try:
            return zone_of(str(data))
        except DomainError as refusal:
            raise serializers.ValidationError(str(refusal), refusal.code) from None


class PeriodQuerySerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Both days are included; without them, the month so far."""

    # A field may not be called by a word of Python's own, except so.
    vars()["from"] = serializers.DateField(required=False, help_text=_("Desde este día, inclusive."))
    to = serializers.DateField(required=False, help_text=_("Hasta este día, inclusive."))
    zone = ZoneField()

    def period(self, zone: ZoneInfo) -> Period:
        """The period asked for, in `zone` unless one was named. Raises `InvalidPeriod`."""
        asked = self.validated_data
        return chosen_period(asked.get("from"), asked.get("to"), asked.get("zone") or zone, now=timezone.now())


class PagedPeriodQuerySerializer(PeriodQuerySerializer):
    cursor = serializers.CharField(required=False, help_text=_("El next_cursor de la página anterior."))
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=LARGEST_PAGE)


@extend_schema_field({"type": "string", "format": "date-time"})
class InstantField(serializers.Field):  # type: ignore[type-arg]
    """ISO 8601 with its distance from UTC: without that, an hour of the night may be two."""

    def to_internal_value(self, data: object) -> datetime:
        try:
            moment = datetime.fromisoformat(_ESCAPED.sub(r"+\1", str(data).strip()))
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None or not FIRST_DAY <= moment.date() < LAST_DAY:
            raise serializers.ValidationError(
                _("Escriba un momento en ISO 8601 con su diferencia con UTC, como 2026-11-20T14:00:00-05:00."),
                "invalid_instant",
            )
        return moment
