"""What tests of statements read out of the product's answers, and movements to read about."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

from django.http import HttpResponse
from pypdf import PdfReader

from accounts.models import Client
from ledger.models import Account
from ledger.services import house_account, open_account
from ledger.tests.past import Moved, write

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def past_account(client: Client, movements: Iterable[Moved], *, currency: str = "COP") -> Account:
    """An account of the client's with these movements, from and to the house."""
    account_id = open_account(kind="cash", holder_id=client.pk, currency=currency)
    write(account_id, house_account("opening-grants", currency), list(movements))
    return Account.objects.get(pk=account_id)


def hourly(start: datetime, amounts: Iterable[int]) -> list[Moved]:
    return [Moved(start + timedelta(hours=n), Decimal(amount), "TRANSFER") for n, amount in enumerate(amounts)]


def body(response: Any) -> bytes:
    """All of an answer, streamed or not."""
    assert response.status_code == 200, response.content
    content: bytes = b"".join(response.streaming_content) if response.streaming else response.content
    return content


def csv_rows(response: HttpResponse) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body(response).decode("utf-8-sig"), newline="")))


def sheet_rows(response: HttpResponse) -> list[dict[str, str]]:
    """By the titles of the columns; all cells as text, none of them a formula."""
    with zipfile.ZipFile(io.BytesIO(body(response))) as archive:
        root = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    assert not list(root.iter(f"{SHEET}f"))
    rows = [{_column(cell): "".join(cell.itertext()) for cell in row} for row in root.iter(f"{SHEET}row")]
    titles = rows[0]
    return [{title: row.get(column, "") for column, title in titles.items()} for row in rows[1:]]


def pdf_text(content: bytes) -> str:
    """As somebody reads it, blanks of any kind made plain."""
    pages = PdfReader(io.BytesIO(content)).pages
    return re.sub(r"[\s\u00a0]+", " ", " ".join(page.extract_text() for page in pages))


def _column(cell: ElementTree.Element) -> str:
    return re.sub(r"\d", "", cell.get("r", ""))
