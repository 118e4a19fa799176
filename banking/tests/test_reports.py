"""Reports for staff: what they add up, who may see them, and that they take no more memory for more rows."""

from __future__ import annotations

import json
import re
import tracemalloc
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import Session
from banking.tests.statements import body, csv_rows, hourly, past_account, sheet_rows
from conftest import Cast
from core import database
from core.tests.plans import costs
from ledger.models import Account
from ledger.services import freeze, house_account
from ledger.tests.past import Moved, write_many
from tests.api import Api, books, refused
from tests.pages import browser_of

START = datetime(2025, 3, 1, 5, tzinfo=UTC)
MARCH = "from=2025-03-01&to=2025-03-31&zone=America/Bogota"
PAGES = ("/reportes/transacciones/", "/reportes/cuentas/", "/reportes/balance/")
ROUTES = ("reports/transactions", "reports/accounts", "reports/trial-balance")


@pytest.fixture
def march(cast: Cast) -> list[Moved]:
    """Of Ana's in March: 12 transfers and 6 cancellations in pesos; of Beto's 5 transfers in dollars."""
    moved = [Moved(START + timedelta(days=n, minutes=n), Decimal(100 + n), "TRANSFER") for n in range(12)]
    moved += [Moved(START + timedelta(days=n + 12), Decimal(-1), "CANCELLATION") for n in range(6)]
    past_account(cast.ana, [Moved(START - timedelta(seconds=1), Decimal(1), "TRANSFER"), *moved])
    dollars = hourly(START + timedelta(days=3), [5, 5, 5, 5, 5])
    past_account(cast.beto, dollars, currency="USD")
    return moved + dollars


def rows_of(api: Api, path: str) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    while path:
        page = api.get(path).json()
        seen += page["results"]
        path = (page["next"] or "").partition("/api/v1/")[2]
    return seen


def test_every_form_of_the_report_has_the_same_rows_and_the_totals_are_their_sums(
    cast: Cast, march: list[Moved]
) -> None:
    reader, path = Api(cast.reader), f"reports/transactions?{MARCH}"
    rows = rows_of(reader, f"{path}&limit=4")
    assert {row["id"] for row in rows} == {str(one.id) for one in march}
    assert len(rows) == len(march)
    assert [row["created_at"] for row in rows] == sorted((row["created_at"] for row in rows), reverse=True)
    counted = Counter((row["currency"], row["type"]) for row in rows)
    summed: Counter[tuple[str, str]] = Counter()
    for row in rows:
        summed[row["currency"], row["type"]] += Decimal(row["amount"])  # type: ignore[assignment]
    totals = {(one["currency"], one["type"]): one for one in reader.get(path).json()["totals"]}
    assert {key: one["count"] for key, one in totals.items()} == counted
    assert {key: Decimal(one["amount"]) for key, one in totals.items()} == summed

    brief = [(row["id"], row["amount"]) for row in rows]
    for found in (csv_rows(reader.get(f"{path}&format=csv")), sheet_rows(reader.get(f"{path}&format=xlsx"))):
        assert [(row["Transacción"], row["Valor"]) for row in found] == brief
    lines = [json.loads(line) for line in body(reader.get(f"{path}&format=jsonl")).splitlines()]
    assert [(line["id"], line["amount"]) for line in lines] == brief

    page = browser_of(cast.reader).get("/reportes/transacciones/?since=2025-03-01&until=2025-03-31").content.decode()
    assert all(row["number"] in page for row in rows)
    assert "23 transacciones" in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("type=CANCELLATION", {("COP", "CANCELLATION"): 6}),
        ("currency=USD", {("USD", "TRANSFER"): 5}),
        ("client={ana}", {("COP", "TRANSFER"): 12, ("COP", "CANCELLATION"): 6}),
        ("client={beto}&type=TRANSFER", {("USD", "TRANSFER"): 5}),
        ("client={ana}&currency=USD", {}),
        ("type=NOTHING", {}),
        ("from=2025-03-02&to=2025-03-02", {("COP", "TRANSFER"): 1}),
        ("zone=UTC&to=2025-03-01", {("COP", "TRANSFER"): 2}),
    ],
)
def test_filters_narrow_rows_and_totals_alike(
    cast: Cast, march: list[Moved], query: str, expected: dict[tuple[str, str], int]
) -> None:
    asked = query.format(ana=cast.ana.pk, beto=cast.beto.pk)
    path = f"reports/transactions?{asked}&" + "&".join(
        part for part in MARCH.split("&") if part.partition("=")[0] + "=" not in asked
    )
    reader = Api(cast.reader)
    assert Counter((row["currency"], row["type"]) for row in rows_of(reader, path)) == expected
    told = {(one["currency"], one["type"]): one["count"] for one in reader.get(path).json()["totals"]}
    assert told == expected
    assert len(csv_rows(reader.get(f"{path}&format=csv"))) == sum(expected.values())


def test_a_row_says_whose_money_went_where(cast: Cast, march: list[Moved]) -> None:
    path = f"reports/transactions?{MARCH}&type=CANCELLATION&limit=1"
    (row,) = Api(cast.reader).get(path).json()["results"]
    assert row["source"]["holder"] == "Ana Gómez"
    assert row["target"] == {"number": "opening-grants:COP", "holder": "Saldos iniciales otorgados"}


def test_accounts_are_counted_and_summed_by_state_and_currency(cast: Cast, march: list[Moved]) -> None:
    freeze(cast.beto.cash_account.number, reason="revisión", credits_allowed=False, actor_id=cast.support.pk)
    reader = Api(cast.reader)
    told = reader.get("reports/accounts").json()
    accounts = Account.objects.exclude(balance=None)
    assert {row["number"] for row in told["results"]} == set(accounts.values_list("number", flat=True))
    for one in told["totals"]:
        matching = accounts.filter(currency=one["currency"], state=one["state"])
        assert one["count"] == matching.count()
        assert Decimal(one["balance"]) == sum(account.balance or 0 for account in matching)
    assert len(told["totals"]) == 3
    (frozen,) = reader.get("reports/accounts?state=frozen&currency=COP&kind=cash").json()["results"]
    assert (frozen["number"], frozen["holder"]) == (cast.beto.cash_account.number, "Beto Ruiz")
    for found in (
        csv_rows(reader.get("reports/accounts?state=frozen&format=csv")),
        sheet_rows(reader.get("reports/accounts?state=frozen&format=xlsx")),
    ):
        assert [(row["Cuenta"], row["Estado"], row["Saldo"]) for row in found] == [
            (cast.beto.cash_account.number, "Congelada", "500000.00")
        ]
    assert len(rows_of(reader, "reports/accounts?limit=1")) == accounts.count()
    page = browser_of(cast.reader).get("/reportes/cuentas/?state=frozen").content.decode()
    assert "Beto Ruiz" in page
    assert "Ana Gómez" not in page


def test_the_trial_balance_of_any_day_balances(cast: Cast, march: list[Moved]) -> None:
    reader = Api(cast.reader)
    then = reader.get("reports/trial-balance?date=2025-03-02&zone=America/Bogota").json()
    assert then["at"] == "2025-03-03T05:00:00Z" or then["at"] == "2025-03-03T05:00:00+00:00"
    (pesos,) = then["currencies"]
    assert (pesos["currency"], pesos["debit"], pesos["credit"], pesos["balanced"]) == ("COP", "202.00", "202.00", True)
    assert [(row["kind"], row["purpose"], row["balance"]) for row in pesos["rows"]] == [
        ("cash", "", "202.00"),
        ("house", "opening-grants", "-202.00"),
    ]
    now = reader.get("reports/trial-balance").json()
    assert [(one["currency"], one["balanced"]) for one in now["currencies"]] == [("COP", True), ("USD", True)]
    assert reader.get("reports/trial-balance?date=2020-01-01").json()["currencies"] == []
    for found in (
        csv_rows(reader.get("reports/trial-balance?date=2025-03-02&format=csv")),
        sheet_rows(reader.get("reports/trial-balance?date=2025-03-02&format=xlsx")),
    ):
        assert [tuple(row.values()) for row in found] == [
            ("COP", "Efectivo", "", "202.00"),
            ("COP", "Saldos iniciales otorgados", "202.00", ""),
            ("COP", "Total", "202.00", "202.00"),
        ]
    page = browser_of(cast.reader).get("/reportes/balance/?date=2025-03-02").content.decode()
    assert page.count("$\u00a0202,00") == 4
    assert "Cuadra" in page


def test_reports_are_there_for_staff_alone(cast: Cast) -> None:
    before = books(but=(Session,))
    for path in ROUTES:
        for suffix in ("", "?format=csv"):
            refused(Api(cast.ana.user).get(path + suffix), 404, "not_found")
            refused(Api().get(path + suffix), 401, "not_authenticated")
        for who in (cast.reader, cast.support, cast.admin):
            assert Api(who).get(path).status_code == 200
    ana = browser_of(cast.ana.user)
    for path in PAGES:
        assert ana.get(path).status_code == 404
        assert ana.get(f"{path}csv/").status_code == 404
        assert Browser().get(path).status_code == 302
        assert browser_of(cast.reader).get(f"{path}docx/").status_code == 404
        assert browser_of(cast.reader).get(f"{path}xlsx/").status_code == 200
    assert books(but=(Session,)) == before


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("reports/transactions?from=2025-03-02&to=2025-03-01", "to"),
        ("reports/transactions?zone=Luna", "zone"),
        ("reports/transactions?currency=EUR", "currency"),
        ("reports/transactions?client=ana", "client"),
        ("reports/transactions?cursor=x", "cursor"),
        ("reports/transactions?cursor=__________________________________________", "cursor"),
        ("reports/transactions?type=%00", "type"),
        ("reports/transactions?format=pdf", "format"),
        ("reports/accounts?state=lost", "state"),
        ("reports/accounts?cursor=x", "cursor"),
        ("reports/trial-balance?date=ayer", "date"),
        ("reports/trial-balance?date=9999-12-31", "to"),
    ],
)
def test_what_is_wrong_with_a_report_asked_for_is_named(cast: Cast, path: str, field: str) -> None:
    response = Api(cast.reader).get(path)
    assert list(refused(response, 400, response.json()["code"])["errors"]) == [field]


@pytest.mark.parametrize(
    "path",
    [
        "/reportes/transacciones/?since=2025-03-02&until=2025-03-01",
        "/reportes/transacciones/?client=x",
        "/reportes/cuentas/?state=lost",
        "/reportes/balance/?zone=Luna",
        "/reportes/balance/?date=9999-12-31",
        "/reportes/transacciones/?cursor=x",
    ],
)
def test_a_page_says_what_is_wrong_with_it(cast: Cast, path: str) -> None:
    assert browser_of(cast.reader).get(path).status_code == 400
    file = browser_of(cast.reader).get(path.replace("/?", "/csv/?"))
    assert file.status_code == (200 if "cursor" in path else 400)  # a file has no pages


def test_a_long_period_is_shown_by_months(cast: Cast, march: list[Moved]) -> None:
    page = browser_of(cast.reader).get("/reportes/transacciones/?since=2025-01-01&until=2025-12-31").content.decode()
    assert re.findall(r"<rect[^>]*><title>([^<]*)</title>", page) == ["febrero 2025: 1", "marzo 2025: 23"]


# --- Many rows -------------------------------------------------------------------------------------------------------

MANY = 6_000


@pytest.fixture
def crowded(cast: Cast) -> Cast:
    write_many(cast.ana.cash_account_id, house_account("opening-grants", "COP"), MANY)
    return cast


def reads(ask: Callable[[], object]) -> int:
    return max(read.rows for read in costs(ask) if "count(DISTINCT" not in read.sql)


@pytest.mark.parametrize("query", ["", "type=SUBSCRIPTION", "type=OPENING_GRANT", "currency=USD", "client={beto}"])
def test_a_page_of_the_report_reads_a_page(crowded: Cast, query: str) -> None:
    """Its totals add up the whole period, which is what they are for."""
    past_account(crowded.beto, hourly(START, [5, 5]), currency="USD")
    period = "from=2025-01-01&to=2026-12-31"
    reader = Api(crowded.reader)
    path = f"reports/transactions?{period}&limit=20&{query.format(beto=crowded.beto.pk)}"
    assert reads(lambda: reader.get(path)) <= 400


def test_an_export_of_many_rows_takes_the_memory_of_a_few(crowded: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes files of rows is tried in `core/tests/test_tables.py`; this is about reading them."""
    monkeypatch.setattr(database, "ROWS_AT_ONCE", 100)
    reader = Api(crowded.reader)

    def peak(query: str) -> int:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        sizes = [len(chunk) for chunk in reader.get(f"reports/transactions?{query}&format=csv").streaming_content]  # type: ignore[attr-defined]
        assert sum(sizes) > 100
        return tracemalloc.get_traced_memory()[1] - before

    many = "from=2026-01-01&to=2026-01-02&zone=America/Bogota&type=SUBSCRIPTION"
    few = f"{many}&client={crowded.beto.pk}"
    tracemalloc.start()
    try:
        peak(few)
        small, large = peak(few), peak(many)
    finally:
        tracemalloc.stop()
    assert large < small + 800_000, (small, large)
