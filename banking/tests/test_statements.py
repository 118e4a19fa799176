"""Statements and past balances through the API and the pages: the same numbers wherever they are read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Client, Session
from banking.tests.statements import body, csv_rows, hourly, past_account, pdf_text, sheet_rows
from conftest import Cast
from core.money import format_money
from ledger.models import Account
from ledger.services import Leg, Posting, post, reverse
from tests.api import Api, books, refused
from tests.pages import browser_of, text_of

MIDNIGHT = datetime(2025, 3, 1, 5, tzinfo=UTC)  # in Bogotá
MARCH = "from=2025-03-01&to=2025-03-31&zone=America/Bogota"


@pytest.fixture
def march(cast: Cast) -> Account:
    """An account of Ana's: 1000 in February, then in March 30 movements an hour apart, then one in April."""
    amounts = [700 if n % 3 == 0 else -100 - n for n in range(30)]
    moved = [
        *hourly(MIDNIGHT - timedelta(microseconds=1), [1000]),
        *hourly(MIDNIGHT, amounts),
        *hourly(datetime(2025, 4, 1, 5, tzinfo=UTC), [5]),
    ]
    return past_account(cast.ana, moved)


def test_every_form_of_a_statement_says_the_same_and_adds_up(
    cast: Cast, march: Account, browser_of_ana: Browser
) -> None:
    ana, path = Api(cast.ana.user), f"accounts/{march.number}/statement?{MARCH}"
    told = ana.get(path).json()
    lines = told["results"]
    running = Decimal(told["opening"])
    for line in lines:
        running += Decimal(line["amount"])
        assert Decimal(line["balance_after"]) == running
    assert (told["opening"], Decimal(told["closing"]), told["count"]) == ("1000.00", running, 30)
    assert running == Decimal(told["opening"]) + Decimal(told["money_in"]) - Decimal(told["money_out"])

    expected = [("1000.00", ""), *((line["balance_after"], line["amount"]) for line in lines), (told["closing"], "")]
    as_csv = csv_rows(ana.get(f"{path}&format=csv"))
    assert [(row["Saldo"], row["Valor"]) for row in as_csv] == expected
    as_sheet = sheet_rows(ana.get(f"{path}&format=xlsx"))
    assert [(row["Saldo"], row["Valor"]) for row in as_sheet] == expected
    assert [row["Concepto"] for row in as_sheet] == [row["Concepto"] for row in as_csv]

    printed = pdf_text(body(ana.get(f"{path}&format=pdf")))
    page = text_of(browser_of_ana.get(f"/cuentas/{march.number}/extracto/?since=2025-03-01&until=2025-03-31").content)
    amounts = [Decimal(told[name]) for name in ("opening", "money_in", "money_out", "closing")]
    amounts += [abs(Decimal(line["amount"])) for line in lines] + [Decimal(line["balance_after"]) for line in lines]
    for amount in amounts:
        shown = format_money(amount, "COP").replace("\u00a0", " ")
        assert shown in page
        assert shown in printed
    for line in lines:
        assert line["number"] in page
        assert line["number"] in printed


def test_pages_of_a_long_statement_meet(cast: Cast, march: Account) -> None:
    ana = Api(cast.ana.user)
    whole = ana.get(f"accounts/{march.number}/statement?{MARCH}").json()["results"]
    seen, path = [], f"accounts/{march.number}/statement?{MARCH}&limit=7"
    while path:
        page = ana.get(path).json()
        seen += page["results"]
        path = (page["next"] or "").partition("/api/v1/")[2]
    assert seen == whole


def test_without_dates_it_is_the_month_so_far_in_the_holders_own_zone(cast: Cast) -> None:
    Client.objects.filter(pk=cast.ana.pk).update(time_zone="Asia/Kathmandu")
    for who in (cast.ana.user, cast.reader):
        told = Api(who).get(f"accounts/{cast.ana.cash_account.number}/statement").json()
        assert told["zone"] == "Asia/Kathmandu"
        assert told["start"].endswith("T00:00:00+05:45")
        assert told["closing"] == "500000.00"


@pytest.mark.parametrize(
    ("zone", "day", "start", "hours"),
    [
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00:00-02:00", 23),
        ("America/Mexico_City", "2022-10-30", "2022-10-30T00:00:00-05:00", 25),
    ],
)
def test_days_on_which_the_clocks_change(cast: Cast, zone: str, day: str, start: str, hours: int) -> None:
    noon = datetime.fromisoformat(start).astimezone(UTC)
    account = past_account(cast.ana, hourly(noon - timedelta(hours=3), [1] * 40))
    ana = Api(cast.ana.user)
    told = ana.get(f"accounts/{account.number}/statement?from={day}&to={day}&zone={zone}").json()
    assert (told["start"], told["count"], told["opening"]) == (start, hours, "3.00")
    rows = csv_rows(ana.get(f"accounts/{account.number}/statement?from={day}&to={day}&zone={zone}&format=csv"))[1:-1]
    moments = {(row["Fecha"], row["UTC"]) for row in rows}
    assert len(moments) == hours
    assert {row["Fecha"][:10] for row in rows} == {day}
    assert len({row["Fecha"] for row in rows}) == min(hours, 24)


def test_a_reversal_and_what_it_reverses_name_each_other_everywhere(cast: Cast, browser_of_ana: Browser) -> None:
    number = cast.ana.cash_account.number
    ana, since = Api(cast.ana.user), timezone.localdate()
    posting = Posting(
        kind="TRANSFER",
        legs=[Leg(cast.ana.cash_account_id, Decimal(-30)), Leg(cast.beto.cash_account_id, Decimal(30))],
        event="ledger.account_frozen",
        payload={"number": "", "reason": "", "client_id": None, "credits_allowed": False},
    )
    made = post(posting, actor_id=None)
    undone = reverse(made.id, reason="por error", actor_id=cast.admin.pk)
    found = ana.get(f"accounts/{number}/statement?from={since}&to={since}").json()["results"]
    _grant, first, second = found
    assert (first["reversed_by"], second["reverses"]) == (str(undone.id), str(made.id))
    assert first["counterparty"] == second["counterparty"] == cast.beto.cash_account.number[-4:]
    for text in (
        text_of(browser_of_ana.get(f"/cuentas/{number}/extracto/").content),
        pdf_text(body(ana.get(f"accounts/{number}/statement?format=pdf"))),
    ):
        assert f"Revertida por {second['number']}" in text
        assert f"Revierte {first['number']}" in text


def test_a_strangers_account_is_not_there_but_staff_read_any(cast: Cast, march: Account) -> None:
    before = books(but=(Session,))
    for path in (f"accounts/{march.number}/statement", f"accounts/{march.number}/balance"):
        for suffix in ("", "?format=csv", "?format=pdf"):
            refused(Api(cast.beto.user).get(path + suffix), 404, "account_not_found")
        refused(Api().get(path), 401, "not_authenticated")
        assert Api(cast.reader).get(path).status_code == 200
    beto = browser_of(cast.beto.user)
    for path in ("", "pdf/", "csv/"):
        assert beto.get(f"/cuentas/{march.number}/extracto/{path}").status_code == 404
    house = Account.objects.get(number="opening-grants:COP")
    refused(Api(cast.admin).get(f"accounts/{house.number}/statement"), 404, "account_not_found")
    refused(Api(cast.ana.user).get("accounts/%00/statement"), 404, "account_not_found")
    assert books(but=(Session,)) == before


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("from=2025-03-02&to=2025-03-01", "invalid_period", "to"),
        ("from=1025-03-02", "invalid_period", "to"),
        ("to=9999-12-31", "invalid_period", "to"),
        ("from=ayer", "invalid", "from"),
        ("zone=Luna", "unknown_zone", "zone"),
        ("zone=../etc/passwd", "unknown_zone", "zone"),
        ("format=html", "invalid", "format"),
        ("cursor=x", "invalid_cursor", "cursor"),
        ("limit=0", "min_value", "limit"),
    ],
)
def test_what_is_wrong_with_a_statement_asked_for_is_named(
    cast: Cast, march: Account, query: str, code: str, field: str
) -> None:
    body = refused(Api(cast.ana.user).get(f"accounts/{march.number}/statement?{query}"), 400, code)
    assert list(body["errors"]) == [field]


def test_accept_asks_for_a_file_too_and_problems_stay_problems(cast: Cast, march: Account) -> None:
    ana = Api(cast.ana.user, Accept="text/csv")
    assert len(csv_rows(ana.get(f"accounts/{march.number}/statement?{MARCH}"))) == 32
    refused(ana.get(f"accounts/{march.number}/statement?zone=Luna"), 400, "unknown_zone")
    pdf = Api(cast.ana.user, Accept="application/pdf").get(f"accounts/{march.number}/statement?{MARCH}")
    assert pdf["Content-Type"] == "application/pdf"


def test_a_balance_of_any_instant(cast: Cast, march: Account) -> None:
    ana, path = Api(cast.ana.user), f"accounts/{march.number}/balance"
    asked = {
        "2025-02-28T23:59:59-05:00": "0.00",
        "2025-03-01T04:59:59.999999Z": "1000.00",
        "2025-03-01T00:00:00-05:00": "1700.00",
        "2025-03-01T06:00:00%2B01:00": "1700.00",
        "2025-03-01T06:00:00+01:00": "1700.00",
        "1999-01-01T00:00:00Z": "0.00",
    }
    assert {at: ana.get(f"{path}?at={at}").json()["balance"] for at in asked} == asked
    assert Decimal(ana.get(path).json()["balance"]) == march.balance


@pytest.mark.parametrize("at", ["2025-03-01T00:00:00", "2025-03-01", "ayer", "9999-12-31T23:59:59-05:00", "%00", "1e9"])
def test_an_instant_that_is_none_is_refused(cast: Cast, march: Account, at: str) -> None:
    response = Api(cast.ana.user).get(f"accounts/{march.number}/balance?at={at}")
    assert list(refused(response, 400, response.json()["code"])["errors"]) == ["at"]


def test_nobody_knows_a_balance_to_come(cast: Cast, march: Account) -> None:
    path = f"accounts/{march.number}/balance?at=2126-01-01T00:00:00Z"
    refused(Api(cast.ana.user).get(path), 400, "instant_in_future")


def test_the_page_reads_a_clock_on_the_wall(cast: Cast, march: Account, browser_of_ana: Browser) -> None:
    path = f"/cuentas/{march.number}/extracto/"
    page = text_of(browser_of_ana.get(f"{path}?at=2025-03-01T00:00").content)
    assert "1 mar 2025, 00:00 (UTC-05:00) $ 1.700,00" in page
    twice = text_of(browser_of_ana.get(f"{path}?zone=America/Mexico_City&at=2022-10-30T01:30").content)
    assert "30 oct 2022, 01:30 (UTC-06:00)" in twice
    for query, text in (
        ("zone=America/Sao_Paulo&at=2018-11-04T00:30", "Esa hora no existió en esa zona"),
        ("at=2126-01-01T00:00", "Ese momento todavía no ha llegado"),
        ("at=ayer", "Escriba una fecha y una hora"),
        ("since=2025-03-02&until=2025-03-01", "Esta fecha debe ser igual o posterior"),
    ):
        response = browser_of_ana.get(f"{path}?{query}")
        assert response.status_code == 400
        assert text in response.content.decode()
    assert browser_of_ana.get(f"{path}docx/").status_code == 404


def test_a_memo_that_begins_like_a_formula_reaches_a_spreadsheet_as_text(cast: Cast) -> None:
    moved = hourly(MIDNIGHT, [5, 5])
    object.__setattr__(moved[0], "memo", '=HYPERLINK("http://x";"y")')
    account = past_account(cast.ana, moved)
    ana, path = Api(cast.ana.user), f"accounts/{account.number}/statement?{MARCH}"
    (first, *_rest) = csv_rows(ana.get(f"{path}&format=csv"))[1:]
    assert first["Nota"].startswith("'=HYPERLINK")
    assert sheet_rows(ana.get(f"{path}&format=xlsx"))[1]["Nota"].startswith("'=HYPERLINK")
    assert ana.get(path).json()["results"][0]["memo"].startswith("=HYPERLINK")
