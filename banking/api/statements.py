"""Statements, past balances and the confirmation of documents, for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tokens import Caller
from banking.api import statements_schema as schema
from banking.api.periods_schema import PagedPeriodQuerySerializer
from banking.codes import grouped
from banking.models import StatementDocument
from banking.queries import statements as queries
from banking.queries.statements import HeldAccount, PeriodStatement
from banking.services.statements import StatementTooLong, issue
from core import rate_limits
from core.api import paged
from core.downloads import FORMATS, PDF_TYPE, DownloadEndpoint, PdfRenderer, bytes_response, files, format_parameter
from core.endpoint import Endpoint
from core.openapi import problems
from core.periods import Period
from core.tables import FileFormat, as_response
from ledger.queries import StatementLine, statement_page

TAGS = ["statements"]


class StatementView(DownloadEndpoint):
    renderer_classes = (*DownloadEndpoint.renderer_classes, PdfRenderer)

    @extend_schema(
        operation_id="statement",
        tags=TAGS,
        summary=_("Extracto de una cuenta"),
        description=_(
            "De cualquier período: saldo inicial + entradas - salidas = saldo final, con el saldo después de cada "
            "movimiento. Los días se cuentan en la zona pedida; sin ella, en la del titular. El personal lee el de "
            "cualquier cuenta. El PDF lleva un código que cualquiera puede comprobar."
        ),
        parameters=[PagedPeriodQuerySerializer, format_parameter(*FORMATS, "pdf")],
        responses={
            (200, "application/json"): schema.StatementSerializer,
            **files([*FORMATS, "pdf"]),
            **problems(400, 401, 404, 422, 429, example=StatementTooLong(count=9000, most=5000)),
        },
    )
    def get(self, request: Request, number: str) -> HttpResponseBase:
        held = _held(request, number)
        file_format = self.wanted_format(request)
        query = PagedPeriodQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        period = query.period(ZoneInfo(held.holder.time_zone))
        actor_id = Caller.of(request.user).id
        if file_format == "pdf":
            rate_limits.count(request._request, group="statement_pdf", rate=settings.STATEMENT_PDFS_PER_ADDRESS)
            verify_url = request.build_absolute_uri(reverse("statements:verify"))
            issued = issue(held=held, period=period, verify_url=verify_url, actor_id=actor_id, now=timezone.now())
            return bytes_response(issued.pdf, issued.file_name, PDF_TYPE)
        asked = query.validated_data
        return queries.read_period(
            held,
            period,
            lambda: self._answer(request, held, period, file_format, asked),
            reader=actor_id,
            now=timezone.now(),
        )

    def _answer(
        self, request: Request, held: HeldAccount, period: Period, file_format: str, asked: Mapping[str, Any]
    ) -> HttpResponseBase:
        found = queries.statement_of(held, period)
        if file_format != "json":
            return as_response(queries.statement_table(found), FileFormat(file_format))
        page = statement_page(found.figures, cursor=asked.get("cursor"), limit=asked["limit"])
        lines = [_line(line) for line in page.rows]
        return Response({**_statement(found), **paged(request, lines, page.next_cursor)})


class BalanceView(Endpoint):
    @extend_schema(
        operation_id="balance",
        tags=TAGS,
        summary=_("Saldo de una cuenta en un momento"),
        description=_("Con todo lo registrado hasta ese instante, inclusive. El personal lee el de cualquier cuenta."),
        parameters=[schema.BalanceQuerySerializer],
        responses={200: schema.BalanceSerializer, **problems(400, 401, 404, example=queries.InstantInFuture())},
    )
    def get(self, request: Request, number: str) -> Response:
        held = _held(request, number)
        query = schema.BalanceQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        then = queries.past_balance(held, query.validated_data.get("at"))
        account = {"account": held.account.number, "currency": held.account.currency}
        return Response({**account, "at": then.at, "balance": str(then.amount)})


class VerifyDocumentView(Endpoint):
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="verify_document",
        tags=TAGS,
        summary=_("Comprobar un documento por su código"),
        description=_("Para cualquiera que tenga el documento delante. Límite por dirección: 30 por minuto."),
        parameters=[schema.VerifyQuerySerializer],
        responses={200: schema.DocumentSerializer, **problems(400, 401, 404, 429, example=queries.DocumentNotFound())},
        examples=[schema.DOCUMENT],
        auth=[{}],  # type: ignore[list-item] # the absence of a scheme
    )
    def get(self, request: Request, code: str) -> Response:
        rate_limits.count(request._request, group="document", rate=settings.DOCUMENT_LOOKUPS_PER_ADDRESS)
        query = schema.VerifyQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        document = queries.document_called(code)
        sent = query.validated_data.get("sha256")
        return Response({**_document(document), "matches": sent.lower() == document.sha256 if sent else None})


def _held(request: Request, number: str) -> HeldAccount:
    caller = Caller.of(request.user)
    return queries.held_account(number, client_id=caller.client_id, role=caller.role)


def _statement(found: PeriodStatement) -> dict[str, object]:
    period, figures = found.period, found.figures
    return {
        "account": found.held.account.number,
        "kind": found.held.account.kind,
        "holder": found.held.holder.full_name,
        "currency": found.currency,
        "from": period.since,
        "to": period.until,
        "zone": period.zone.key,
        "start": period.start.astimezone(period.zone),
        "end": period.end.astimezone(period.zone),
        "opening": str(figures.opening),
        "money_in": str(figures.money_in),
        "money_out": str(figures.money_out),
        "closing": str(figures.closing),
        "count": figures.count,
    }


def _line(line: StatementLine) -> dict[str, object]:
    return {
        "id": line.transaction_id,
        "number": line.number,
        "type": line.kind,
        "memo": line.memo,
        "counterparty": line.counterparty,
        "amount": str(line.amount),
        "balance_after": str(line.balance_after),
        "created_at": line.recorded_at,
        "reverses": line.reverses,
        "reversed_by": line.reversed_by,
    }


def _document(document: StatementDocument) -> dict[str, object]:
    return {
        "code": grouped(document.code),
        "holder_initials": document.holder_initials,
        "account_ending": document.account_ending,
        "currency": document.currency,
        "from": document.since,
        "to": document.until,
        "zone": document.zone,
        "opening": str(document.opening),
        "closing": str(document.closing),
        "issued_at": document.issued_at,
        "sha256": document.sha256,
    }
