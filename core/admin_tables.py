"""How the admin shows tables that grow without end: read-only, by index, never counting them whole."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html

from core.money import format_money
from core.templatetags.dates import moment

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

COUNTED_AT_MOST = 10_000
NOTHING = "—"


def money_column(field: str, label: StrOrPromise) -> Any:  # a callable: the stubs know those in `list_display` only
    """An amount as people read it; its row knows the `currency`."""

    @admin.display(description=label, ordering=field)
    def column(row: Model) -> str:
        amount = getattr(row, field)
        return NOTHING if amount is None else format_money(amount, row.currency)  # type: ignore[attr-defined]

    column.__name__ = field  # the admin's name for it, and the style sheet's
    return column


def moment_column(field: str, label: StrOrPromise) -> Any:
    """`20 nov 2026, 14:02`: short enough for a table."""

    @admin.display(description=label, ordering=field)
    def column(row: Model) -> str:
        value = getattr(row, field)
        return NOTHING if value is None else moment(timezone.localtime(value))

    column.__name__ = field
    return column


def json_column(field: str, label: StrOrPromise) -> Any:
    """JSON as people read it: one line per value, letters as letters."""

    @admin.display(description=label)
    def column(row: Model) -> str:
        shown = json.dumps(getattr(row, field), indent=2, ensure_ascii=False, sort_keys=True, default=str)
        return format_html('<pre class="json">{}</pre>', shown)

    column.__name__ = field
    return column


def named_column(field: str, label: StrOrPromise, names: Mapping[str, StrOrPromise]) -> Any:
    """A code by its name; one without a name is shown as it was written."""

    @admin.display(description=label, ordering=field)
    def column(row: Model) -> str:
        code = getattr(row, field)
        return str(names.get(code, code))

    column.__name__ = field
    return column


class BoundedPaginator(Paginator):
    """Counts no further than `COUNTED_AT_MOST` rows; what lies beyond is found by searching, not by paging."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        assert isinstance(rows, QuerySet)
        return rows.order_by()[:COUNTED_AT_MOST].count()


class BoundedAdmin(admin.ModelAdmin):
    """For tables too long to count or to look through.

    Searches `uuid_fields` when the words are a UUID, and `text_fields` (lookups) otherwise.
    """

    uuid_fields: tuple[str, ...] = ()
    text_fields: tuple[str, ...] = ()
    search_fields = ("pk",)  # shows the search box; get_search_results decides
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Model], search_term: str
    ) -> tuple[QuerySet[Model], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            value: object = uuid.UUID(term)
            fields = self.uuid_fields
        except ValueError:
            value, fields = term, self.text_fields
        found = queryset.none()
        for field in fields:
            found = found | queryset.filter(**{field: value})
        return found, False


class ReadOnlyAdmin(BoundedAdmin):
    """For rows that only services write. Whole identifiers only, each through its index: a `LIKE` over a million rows
    is no search.
    """

    actions: Sequence[Any] | None = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
