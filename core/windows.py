"""Paging by `skip` and `limit`, for lists short enough to be counted; what grows without end is paged by cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from core.paging import LARGEST_PAGE

TOTAL = "X-Total-Count"
LARGEST_SKIP = 1_000_000
DEFAULT_LIMIT = 20

Row = TypeVar("Row", bound=Model)

TOTAL_COUNT = OpenApiParameter(
    TOTAL, OpenApiTypes.INT, OpenApiParameter.HEADER, response=[200], description=_("Cuántos hay en total.")
)


@dataclass(frozen=True, slots=True)
class Window(Generic[Row]):
    """`limit` rows at most, after the first `skip` of `total`."""

    rows: Sequence[Row]
    total: int
    skip: int
    limit: int

    @property
    def previous(self) -> int | None:
        """The `skip` of the window before this one."""
        return max(0, self.skip - self.limit) if self.skip else None

    @property
    def next(self) -> int | None:
        """The `skip` of the window after this one."""
        following = self.skip + self.limit
        return following if following < min(self.total, LARGEST_SKIP + 1) else None


def window(rows: QuerySet[Row], *, skip: int = 0, limit: int = DEFAULT_LIMIT) -> Window[Row]:
    """The part of `rows`, which are in an order that leaves nothing open, that was asked for."""
    return Window(list(rows[skip : skip + limit]), rows.count(), skip, limit)


def window_response(found: Window[Row], row: Callable[[Row], object]) -> Response:
    """The rows as a list; how many there are in all is in a header."""
    return Response([row(one) for one in found.rows], headers={TOTAL: str(found.total)})


class WindowQuerySerializer(serializers.Serializer):  # type: ignore[type-arg]
    """`?skip=0&limit=20`"""

    skip = serializers.IntegerField(min_value=0, max_value=LARGEST_SKIP, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=DEFAULT_LIMIT)
