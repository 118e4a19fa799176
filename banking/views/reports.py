"""The reports of staff: pages with a chart and totals, and the same as files."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.defaultfilters import date as written
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext
from django.views.decorators.http import require_GET

from accounts.access import staff
from accounts.reads import page_from_replica
from banking.forms.periods import in_zone
from banking.forms.reports import AccountsReportForm, TransactionsReportForm, TrialBalanceForm
from banking.queries import reports as queries
from banking.queries.reports import AccountFilter, AccountRow, TransactionFilter, TransactionRow, TrialBalance
from banking.views.statements import file_format_called
from core.bar_chart import Bar, bars
from core.charts import Share, composition, donut
from core.forms import querystring
from core.paging import Page
from core.periods import ZONES_AT_HAND, Period, chosen_period, clocks_change, house_zone
from core.tables import as_response
from core.templatetags.dates import day
from ledger.models import AccountState


@login_required
@require_GET
@page_from_replica
def transactions(request: HttpRequest) -> HttpResponse:
    staff(request)
    form = TransactionsReportForm.of(request.GET, house_zone())
    wanted = _transactions_wanted(form)
    context: dict[str, object] = {}
    if wanted:
        totals = queries.transaction_totals(wanted)
        counts, by_months = queries.transactions_by_day(wanted), queries.counted_by_months(wanted.period)
        page: Page[TransactionRow] = queries.transactions(wanted, cursor=request.GET.get("cursor"))
        context = {
            "period": wanted.period,
            "page": page,
            "totals": totals,
            "count": sum(count for _day, count in counts),
            "chart": _bars(counts, by_months=by_months) if any(count for _day, count in counts) else None,
            "by_months": by_months,
            "days": [(_called(one, by_months=by_months), count) for one, count in counts if count],
            "two_offsets": clocks_change((row.recorded_at for row in page.rows), wanted.period.zone),
        }
    return _report(request, "banking/reports/transactions.html", form, context)


@login_required
@require_GET
@page_from_replica
def transactions_file(request: HttpRequest, file_format: str) -> HttpResponseBase:
    staff(request)
    wanted = _transactions_wanted(TransactionsReportForm.of(request.GET, house_zone()))
    if wanted is None:
        return transactions(request)
    return as_response(queries.transaction_table(wanted), file_format_called(file_format))


@login_required
@require_GET
@page_from_replica
def accounts(request: HttpRequest) -> HttpResponse:
    staff(request)
    form = AccountsReportForm(request.GET)
    context: dict[str, object] = {}
    if form.is_valid():
        wanted = AccountFilter(**form.cleaned_data)
        totals = queries.account_totals(wanted)
        page: Page[AccountRow] = queries.accounts(wanted, cursor=request.GET.get("cursor"))
        shares = [
            Share(str(state.label), Decimal(sum(one.count for one in totals if one.state == state)))
            for state in AccountState
        ]
        count = sum(one.count for one in totals)
        context = {
            "page": page,
            "totals": totals,
            "count": count,
            "shares": composition(shares),
            "chart": donut(
                shares,
                total_label=str(count),
                title=_("Cuentas por estado"),
                caption=npgettext("cuántas", "cuenta", "cuentas", count),
            )
            if count
            else None,
        }
    return _report(request, "banking/reports/accounts.html", form, context)


@login_required
@require_GET
@page_from_replica
def accounts_file(request: HttpRequest, file_format: str) -> HttpResponseBase:
    staff(request)
    form = AccountsReportForm(request.GET)
    if not form.is_valid():
        return accounts(request)
    today = chosen_period(None, None, house_zone(), now=timezone.now())
    return as_response(
        queries.account_table(AccountFilter(**form.cleaned_data), today), file_format_called(file_format)
    )


@login_required
@require_GET
@page_from_replica
def trial_balance(request: HttpRequest) -> HttpResponse:
    staff(request)
    form = TrialBalanceForm(in_zone(request.GET, house_zone()))
    context: dict[str, object] = {}
    if form.is_valid():
        period, before, found = _books(form)
        books = [_book(one) for one in found]
        context = {"period": period, "before": before, "is_today": before < period.end, "books": books}
    return _report(request, "banking/reports/trial_balance.html", form, context)


@login_required
@require_GET
@page_from_replica
def trial_balance_file(request: HttpRequest, file_format: str) -> HttpResponseBase:
    staff(request)
    form = TrialBalanceForm(in_zone(request.GET, house_zone()))
    if not form.is_valid():
        return trial_balance(request)
    period, _before, found = _books(form)
    return as_response(queries.trial_balance_table(period, found), file_format_called(file_format))


def _transactions_wanted(form: TransactionsReportForm) -> TransactionFilter | None:
    period = form.chosen(house_zone())
    if period is None:
        return None
    asked = form.cleaned_data
    return TransactionFilter(period, asked["type"] or None, asked["currency"] or None, asked["client"])


def _books(form: TrialBalanceForm) -> tuple[Period, datetime, list[TrialBalance]]:
    """The day asked for, the instant that its books are of, and the books."""
    chosen: date | None = form.cleaned_data["date"]
    zone = form.cleaned_data["zone"] or house_zone()
    period = chosen_period(chosen, chosen, zone, now=timezone.now())
    before = min(period.end, timezone.now())
    return period, before, queries.trial_balances(before)


def _book(found: TrialBalance) -> dict[str, object]:
    """A currency's books as rows of a name, what is debit and what is credit; one of the two is `None`."""
    rows = [(queries.trial_balance_label(row), *queries.debit_and_credit(row)) for row in found.rows]
    return {"book": found, "rows": rows}


def _bars(counts: list[tuple[date, int]], *, by_months: bool) -> str:
    most = max(count for _day, count in counts)
    found = [
        Bar(
            label=written(one, "b Y" if by_months else "j b"),
            told=f"{_called(one, by_months=by_months)}: {count}",
            count=count,
        )
        for one, count in counts
    ]
    title = _("Transacciones por mes") if by_months else _("Transacciones por día")
    top = ngettext("%(n)s transacción", "%(n)s transacciones", most) % {"n": most}
    return bars(found, title=title, top_label=top)


def _called(one: date, *, by_months: bool) -> str:
    return written(one, "F Y") if by_months else day(one)


def _report(request: HttpRequest, template: str, form: Form, context: dict[str, object]) -> HttpResponse:
    shown = {
        **context,
        "form": form,
        "querystring": querystring(form, request.GET),
        "is_first_page": not request.GET.get("cursor"),
        "zones": ZONES_AT_HAND,
    }
    return render(request, template, shown, status=400 if form.errors else 200)
