"""The pages of statements. Each parses, calls one service or query, and renders."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import signed_in
from accounts.models import Role
from accounts.services.clients import CASH
from banking.forms.periods import InstantForm, ZonedPeriodForm
from banking.queries import statements as queries
from banking.queries.statements import HeldAccount, PastBalance, PeriodStatement
from banking.services.statements import issue
from core import rate_limits
from core.downloads import PDF_TYPE, bytes_response
from core.errors import DomainError, NotFound
from core.forms import querystring
from core.paging import Page
from core.periods import ZONES_AT_HAND, Period, clocks_change
from core.tables import FileFormat, as_response
from ledger.names import account_kind
from ledger.queries import StatementLine, statement_page

Answer = TypeVar("Answer")
LINES_PER_PAGE = 500  # as many as anybody would print


@login_required
@require_GET
def statement(request: HttpRequest, number: str) -> HttpResponse:
    """An account's statement and, beside it, what it held at any moment asked for."""
    held = _held(request, number)
    form = ZonedPeriodForm.of(request.GET, _home(held))
    instant_form = InstantForm(request.GET if "at" in request.GET else None)
    cursor = request.GET.get("cursor")
    found: PeriodStatement | None = None
    page: Page[StatementLine] = Page([], None)
    then: PastBalance | None = None
    period = form.chosen(_home(held))
    if period:
        found, page = _read(request, held, period, lambda: _first_lines(held, period, cursor))
        then = _past_balance(held, instant_form, period.zone)
    context = {
        "held": held,
        "kind": account_kind(held.account.kind),
        "form": form,
        "found": found,
        "lines": [(line, queries.concept(line), queries.remark(line.reverses, line.reversed_by)) for line in page.rows],
        "next_cursor": page.next_cursor,
        "is_first_page": not cursor,
        "querystring": querystring(form, request.GET),
        "two_offsets": period and clocks_change((line.recorded_at for line in page.rows), period.zone),
        "instant_form": instant_form,
        "then": then,
        "zones": ZONES_AT_HAND,
        "is_staff": signed_in(request).role != Role.USER,
        "linked": signed_in(request).role != Role.USER or held.account.kind == CASH,  # their lines have pages
    }
    faulty = form.errors or instant_form.errors
    return render(request, "banking/statement.html", context, status=400 if faulty else 200)


@login_required
@require_GET
def statement_file(request: HttpRequest, number: str, file_format: str) -> HttpResponseBase:
    held = _held(request, number)
    form = ZonedPeriodForm.of(request.GET, _home(held))
    period = form.chosen(_home(held))
    if period is None:
        return statement(request, number)
    if file_format == "pdf":
        rate_limits.count(request, group="statement_pdf", rate=settings.STATEMENT_PDFS_PER_ADDRESS)
        issued = issue(
            held=held,
            period=period,
            verify_url=request.build_absolute_uri(reverse("statements:verify")),
            actor_id=signed_in(request).pk,
            now=timezone.now(),
        )
        return bytes_response(issued.pdf, issued.file_name, PDF_TYPE)
    kind = file_format_called(file_format)
    return _read(
        request, held, period, lambda: as_response(queries.statement_table(queries.statement_of(held, period)), kind)
    )


def _read(request: HttpRequest, held: HeldAccount, period: Period, query: Callable[[], Answer]) -> Answer:
    return queries.read_period(held, period, query, reader=signed_in(request).pk, now=timezone.now())


def _first_lines(held: HeldAccount, period: Period, cursor: str | None) -> tuple[PeriodStatement, Page[StatementLine]]:
    found = queries.statement_of(held, period)
    return found, statement_page(found.figures, cursor=cursor, limit=LINES_PER_PAGE)


def file_format_called(name: str) -> FileFormat:
    """Raises `NotFound`."""
    try:
        return FileFormat(name)
    except ValueError:
        raise NotFound from None


def _held(request: HttpRequest, number: str) -> HeldAccount:
    user = signed_in(request)
    client = getattr(user, "client", None)
    return queries.held_account(number, client_id=client and client.pk, role=user.role)


def _home(held: HeldAccount) -> ZoneInfo:
    return ZoneInfo(held.holder.time_zone)


def _past_balance(held: HeldAccount, form: InstantForm, zone: ZoneInfo) -> PastBalance | None:
    """The moment asked for and what was there, or `None` after saying in the form what is wrong."""
    at = form.moment(zone)
    try:
        return queries.past_balance(held, at) if at else None
    except DomainError as refusal:
        form.add_error("at", str(refusal))
        return None
