"""How the admin shows tables that grow without end: read-only, by index, never counting them whole."""

from __future__ import annotations

import uuid

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

COUNTED_AT_MOST = 10_000


class BoundedPaginator(Paginator):
    """Counts no further than `COUNTED_AT_MOST` rows; what lies beyond is found by searching, not by paging."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        assert isinstance(rows, QuerySet)
        return rows.order_by()[:COUNTED_AT_MOST].count()


class ReadOnlyAdmin(admin.ModelAdmin):
    """For rows that only services write.

    Searches whole identifiers only, each through its index: a `LIKE` over a million rows is no search. `uuid_fields`
    are matched when the words are a UUID, `text_fields` otherwise, exactly.
    """

    uuid_fields: tuple[str, ...] = ()
    text_fields: tuple[str, ...] = ()
    search_fields = ("pk",)  # shows the search box; get_search_results decides
    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

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
