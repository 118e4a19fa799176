"""Reports for staff, for programs."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import staff
from accounts.reads import answer_from_replica
from accounts.tokens import Caller
from banking.api import reports_schema as schema
from banking.queries import reports as queries
from banking.queries.reports import AccountFilter, AccountRow, Side, TransactionFilter, TransactionRow, TrialBalance
from core.api import paged
from core.downloads import FORMATS, DownloadEndpoint, files, format_parameter
from core.openapi import problems
from core.periods import Period, chosen_period, house_zone
from core.tables import FileFormat, as_response

TAGS = ["reports"]


class TransactionsReportView(DownloadEndpoint):
    @extend_schema(
        operation_id="report_transactions",
        tags=TAGS,
        summary=_("Transacciones de un período"),
        description=_("Para el personal. Los archivos llevan todas las filas, sin límite; JSON va por páginas."),
        parameters=[schema.TransactionsQuerySerializer, format_parameter(*FORMATS)],
        responses={
            (200, "application/json"): schema.TransactionsReportSerializer,
            **files(FORMATS),
            **problems(400, 401, 404),
        },
    )
    @answer_from_replica
    def get(self, request: Request) -> HttpResponseBase:
        staff(Caller.of(request.user))
        file_format = self.wanted_format(request)
        query = schema.TransactionsQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        period = query.period(house_zone())
        wanted = TransactionFilter(period, asked.get("type"), asked.get("currency"), asked.get("client"))
        if file_format != "json":
            return as_response(queries.transaction_table(wanted), FileFormat(file_format))
        page = queries.transactions(wanted, cursor=asked.get("cursor"), limit=asked["limit"])
        totals = [
            {"currency": one.currency, "type": one.kind, "count": one.count, "amount": str(one.amount)}
            for one in queries.transaction_totals(wanted)
        ]
        told = {"from": period.since, "to": period.until, "zone": period.zone.key, "totals": totals}
        return Response({**told, **paged(request, [_transaction(row) for row in page.rows], page.next_cursor)})


class AccountsReportView(DownloadEndpoint):
    @extend_schema(
        operation_id="report_accounts",
        tags=TAGS,
        summary=_("Cuentas por estado y moneda"),
        description=_("Para el personal. Los archivos llevan todas las filas, sin límite; JSON va por páginas."),
        parameters=[schema.AccountsQuerySerializer, format_parameter(*FORMATS)],
        responses={
            (200, "application/json"): schema.AccountsReportSerializer,
            **files(FORMATS),
            **problems(400, 401, 404),
        },
    )
    @answer_from_replica
    def get(self, request: Request) -> HttpResponseBase:
        staff(Caller.of(request.user))
        file_format = self.wanted_format(request)
        query = schema.AccountsQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        wanted = AccountFilter(asked.get("state"), asked.get("currency"), asked.get("kind"))
        if file_format != "json":
            return as_response(queries.account_table(wanted, _today(asked)), FileFormat(file_format))
        page = queries.accounts(wanted, cursor=asked.get("cursor"), limit=asked["limit"])
        totals = [
            {"currency": one.currency, "state": one.state, "count": one.count, "balance": str(one.balance)}
            for one in queries.account_totals(wanted)
        ]
        return Response({"totals": totals, **paged(request, [_account(row) for row in page.rows], page.next_cursor)})


class TrialBalanceView(DownloadEndpoint):
    @extend_schema(
        operation_id="report_trial_balance",
        tags=TAGS,
        summary=_("Balance de comprobación"),
        description=_("Para el personal: la suma de cada clase de cuenta, por moneda, al final de un día."),
        parameters=[schema.TrialBalanceQuerySerializer, format_parameter(*FORMATS)],
        responses={
            (200, "application/json"): schema.TrialBalanceReportSerializer,
            **files(FORMATS),
            **problems(400, 401, 404),
        },
    )
    @answer_from_replica
    def get(self, request: Request) -> HttpResponseBase:
        staff(Caller.of(request.user))
        file_format = self.wanted_format(request)
        query = schema.TrialBalanceQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        period = _today(asked)
        before = min(period.end, timezone.now())
        found = queries.trial_balances(before)
        if file_format != "json":
            return as_response(queries.trial_balance_table(period, found), FileFormat(file_format))
        return Response({"at": before, "currencies": [_book(book) for book in found]})


def _today(asked: dict[str, object]) -> Period:
    """The day asked for, or today, in the zone asked for, or ours."""
    zone = asked.get("zone") or house_zone()
    day = asked.get("date")
    return chosen_period(day, day, zone, now=timezone.now())  # type: ignore[arg-type] # as the serializer read them


def _transaction(row: TransactionRow) -> dict[str, object]:
    return {
        "id": row.id,
        "number": row.number,
        "type": row.kind,
        "currency": row.currency,
        "amount": str(row.amount),
        "source": _side(row.source),
        "target": _side(row.target),
        "memo": row.memo,
        "created_at": row.recorded_at,
        "reverses": row.reverses,
        "reversed_by": row.reversed_by,
    }


def _side(side: Side) -> dict[str, str]:
    return {"number": side.number, "holder": side.holder}


def _account(row: AccountRow) -> dict[str, object]:
    return {
        "number": row.number,
        "kind": row.kind,
        "client_id": row.holder_id,
        "holder": row.holder,
        "currency": row.currency,
        "state": row.state,
        "balance": str(row.balance),
        "opened_at": row.opened_at,
    }


def _book(book: TrialBalance) -> dict[str, object]:
    return {
        "currency": book.currency,
        "debit": str(book.debit),
        "credit": str(book.credit),
        "balanced": book.is_balanced,
        "rows": [{"kind": row.kind, "purpose": row.purpose, "balance": str(row.balance)} for row in book.rows],
    }
