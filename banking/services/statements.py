"""Giving statements out as documents that can be confirmed later."""

from __future__ import annotations

import hashlib
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, tzinfo
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import orjson
import reportlab
from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from banking.codes import grouped, new_code
from banking.models import StatementDocument
from banking.queries.statements import HeldAccount, PeriodStatement, concept, remark, statement_of
from banking.statement_pdf import LAYOUT, PdfContent, PdfRow, Seal, draw
from core.errors import DomainError
from core.money import format_money
from core.periods import Period, clocks_change, offset_text, today_in
from core.templatetags.dates import day, moment
from core.templatetags.money import signed_money
from events.services import record
from ledger.names import account_kind
from ledger.queries import StatementLine, settle, statement_lines

LONGEST_PDF = 5_000  # lines: some 230 pages


class StatementTooLong(DomainError):
    code = "statement_too_long"
    status = 422
    message = gettext_lazy(
        "Este extracto tiene %(count)s movimientos y un PDF lleva %(most)s como máximo. Elija un período más corto, o "
        "descárguelo como CSV o XLSX."
    )


@dataclass(frozen=True, slots=True)
class Issued:
    document: StatementDocument
    pdf: bytes

    @property
    def file_name(self) -> str:
        return f"extracto-{self.document.account_ending}-{self.document.since}-{self.document.until}.pdf"


def issue(*, held: HeldAccount, period: Period, verify_url: str, actor_id: uuid.UUID | None, now: datetime) -> Issued:
    """The statement as a PDF with a code that its public page (`verify_url` and the code) confirms.

    Asked again for what has not changed it is the same document: same code, same bytes. So whoever downloads it twice
    holds one document, and downloading, which anybody may repeat, adds no rows. A document is made anew when anything
    printed on it would differ: a movement or a reversal since, the holder's name, the language, the site's address
    (https or not), another drawing; and on each day of a period that is not over yet. `verify_url` ends in a slash.
    Raises `StatementTooLong`.
    """
    settle(held.account.pk)
    found = statement_of(held, period)
    if found.figures.count > LONGEST_PDF:
        raise StatementTooLong(count=found.figures.count, most=LONGEST_PDF)
    content = _content(found, list(statement_lines(found.figures)), verify_url)
    unfinished = None if period.is_over(now) else today_in(period.zone, now).isoformat()
    fingerprint = _fingerprint(content, verify_url, unfinished)
    known = StatementDocument.objects.filter(account=held.account, content=fingerprint).first()
    if known is None:
        made = _document(found, fingerprint, actor_id, now)
        pdf = _draw(content, made, verify_url)
        known = _keep(made, pdf, actor_id)
        if known.code == made.code:
            return Issued(known, pdf)
    return Issued(known, _draw(content, known, verify_url))


def _document(found: PeriodStatement, fingerprint: str, actor_id: uuid.UUID | None, now: datetime) -> StatementDocument:
    return StatementDocument(
        code=new_code(),
        account=found.held.account,
        holder_initials=_initials(found.held.holder.full_name),
        account_ending=found.held.ending,
        since=found.period.since,
        until=found.period.until,
        zone=found.period.zone.key,
        currency=found.currency,
        opening=found.figures.opening,
        closing=found.figures.closing,
        content=fingerprint,
        issued_at=now.replace(microsecond=0),
        issued_by=actor_id,
    )


def _keep(document: StatementDocument, pdf: bytes, actor_id: uuid.UUID | None) -> StatementDocument:
    """The document as it is in the table: this one, or the one that somebody else made of the same at the same time."""
    document.sha256 = hashlib.sha256(pdf).hexdigest()
    with transaction.atomic():
        StatementDocument.objects.bulk_create([document], ignore_conflicts=True)
        kept = StatementDocument.objects.get(account_id=document.account_id, content=document.content)
        if kept.code == document.code:
            payload = {
                "client_id": document.account.holder_id,
                "account_ending": document.account_ending,
                "since": document.since,
                "until": document.until,
                "sha256": document.sha256,
            }
            record("banking.statement_issued", payload, actor_id=actor_id)
    return kept


def _draw(content: PdfContent, document: StatementDocument, verify_url: str) -> bytes:
    code, zone = grouped(document.code), ZoneInfo(document.zone)
    issued = moment(document.issued_at.astimezone(zone))
    return draw(content, Seal(code, f"{verify_url}{code}/", document.issued_at, issued))


def _fingerprint(content: PdfContent, verify_url: str, day: str | None) -> str:
    """What makes two documents one: all that decides their bytes, and the day if there is more to come."""
    drawn = [LAYOUT, reportlab.__version__, zlib.ZLIB_RUNTIME_VERSION]
    told = [asdict(content), verify_url, get_language(), *drawn, day]
    return hashlib.sha256(orjson.dumps(told)).hexdigest()


def _content(found: PeriodStatement, lines: Sequence[StatementLine], verify_url: str) -> PdfContent:
    period, figures, currency = found.period, found.figures, found.currency
    shown_offsets = clocks_change((line.recorded_at for line in lines), period.zone)
    return PdfContent(
        product=settings.SITE_NAME,
        holder=found.held.holder.full_name,
        facts=[
            (_("Cuenta"), f"{found.held.account.number} · {account_kind(found.held.account.kind)} · {currency}"),
            (_("Período"), _("%(since)s a %(until)s") % {"since": day(period.since), "until": day(period.until)}),
            (_("Zona horaria"), period.zone.key),
            (_("Movimientos"), str(figures.count)),
        ],
        figures=[
            (_("Saldo inicial"), format_money(figures.opening, currency)),
            (_("Entradas"), format_money(figures.money_in, currency)),
            (_("Salidas"), format_money(figures.money_out, currency)),
            (_("Saldo final"), format_money(figures.closing, currency)),
        ],
        rows=[_row(line, period.zone, shown_offsets=shown_offsets) for line in lines],
        closing=format_money(figures.closing, currency),
        address="".join(urlsplit(verify_url)[1:3]).rstrip("/"),
    )


def _row(line: StatementLine, zone: tzinfo, *, shown_offsets: bool) -> PdfRow:
    local = line.recorded_at.astimezone(zone)
    assert line.balance_after is not None
    return PdfRow(
        date=moment(local),
        under_date=f"UTC{offset_text(local)}" if shown_offsets else "",
        concept=concept(line),
        note=" · ".join(filter(None, [remark(line.reverses, line.reversed_by), line.memo])),
        receipt=line.number,
        amount=signed_money(line.amount, line.currency),
        balance=format_money(line.balance_after, line.currency),
        sign=1 if line.amount > 0 else -1,
    )


def _initials(name: str) -> str:
    """`A. G.`: the first letter of each word."""
    return " ".join(f"{word[0].upper()}." for word in name.split()[:8])
