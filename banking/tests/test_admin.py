"""Banking in the admin: rows to look at, and what staff do to accounts and transactions, each with a reason."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from banking.models import ScheduledTransfer, StatementDocument, Transfer
from banking.queries.accounts import any_account
from banking.services.due import run_due
from banking.services.schedules import schedule_transfer
from banking.tests.people import balance, cash, opened, send
from conftest import Cast
from core.tests.snapshots import snapshot
from events.models import Event
from ledger.models import Account, AccountState, Transaction
from ledger.services import Leg, Posting, post
from tests.pages import browser_of

LISTS = {
    "banking/transfer": Transfer,
    "banking/scheduledtransfer": ScheduledTransfer,
    "banking/statementdocument": StatementDocument,
}
ACCOUNTS, TRANSACTIONS = "/admin/ledger/account/", "/admin/ledger/transaction/"


@pytest.fixture
def rows(cast: Cast) -> None:
    send(cast.ana, cash(cast.ana), cash(cast.beto), 100)
    schedule_transfer(
        client_id=cast.ana.pk, source=cash(cast.ana), target=cash(cast.beto), amount=Decimal(5), frequency="weekly",
        starts_on=timezone.localdate(), actor_id=cast.admin.pk,
    )  # fmt: skip
    run_due()
    StatementDocument.objects.create(
        code="0123456789AB", account_id=cast.ana.cash_account_id, holder_initials="A. G.", account_ending="0018",
        since="2026-01-01", until="2026-01-31", zone="UTC", currency="COP", opening=0, closing=1,
        content="0" * 64, sha256="0" * 64,
    )  # fmt: skip


@pytest.mark.parametrize("role", ["reader", "support", "admin"])
@pytest.mark.parametrize("page", LISTS)
def test_rows_that_services_write_can_only_be_looked_at(cast: Cast, rows: None, page: str, role: str) -> None:
    browser = browser_of(getattr(cast, role))
    row = LISTS[page].objects.values_list("pk", flat=True)[0]
    assert browser.get(f"/admin/{page}/").status_code == 200
    assert browser.get(f"/admin/{page}/{row}/change/").status_code == 200
    before = snapshot()
    for address in (f"/admin/{page}/add/", f"/admin/{page}/{row}/change/", f"/admin/{page}/{row}/delete/"):
        assert browser.post(address, {"amount": "1", "state": "cancelled", "post": "yes"}).status_code == 403
    browser.post(f"/admin/{page}/", {"action": "delete_selected", "_selected_action": str(row), "post": "yes"})
    assert snapshot() == before


@pytest.mark.parametrize("page", LISTS)
def test_a_list_asks_little_and_counts_no_table_whole(cast: Cast, rows: None, page: str) -> None:
    browser = browser_of(cast.admin)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(f"/admin/{page}/").status_code == 200
    asked = [query["sql"] for query in queries]
    assert len(asked) <= 8
    assert not [sql for sql in asked if "COUNT(" in sql and "LIMIT" not in sql]


def mark(browser: Browser, page: str, action: str, reason: str, *rows: object) -> str:
    sent = {"action": action, "reason": reason, "_selected_action": [str(row) for row in rows], "index": "0"}
    return browser.post(page, sent, follow=True).content.decode()


def test_support_freezes_and_frees_what_they_mark(cast: Cast) -> None:
    support, ours = browser_of(cast.support), [cast.ana.cash_account_id, cast.beto.cash_account_id]
    mark(support, ACCOUNTS, "freeze", "Orden judicial 12", *ours)
    assert [any_account(cash(one)).state for one in (cast.ana, cast.beto)] == [AccountState.FROZEN] * 2
    mark(support, ACCOUNTS, "freeze_but_credits", "Puede recibir", ours[0])
    assert any_account(cash(cast.ana)).frozen_credits
    told = mark(support, ACCOUNTS, "unfreeze", "Se levantó la orden", *ours, cast.stranger.cash_account_id)
    assert f"{cash(cast.ana)}: descongelada." in told
    assert f"{cash(cast.stranger)}: La cuenta {cash(cast.stranger)} está en un estado" in told
    assert any_account(cash(cast.beto)).state == AccountState.OPEN
    events = Event.objects.filter(name__in=["ledger.account_frozen", "ledger.account_unfrozen"])
    assert {event.actor_id for event in events} == {cast.support.pk}
    assert {event.payload["reason"] for event in events} >= {"Orden judicial 12", "Se levantó la orden"}


def test_an_administrator_reverses_once_and_sees_both_sides_linked(cast: Cast) -> None:
    made = send(cast.ana, cash(cast.ana), cash(cast.beto), 100).transaction_id
    admin = browser_of(cast.admin)
    mark(admin, TRANSACTIONS, "reverse", "Pago equivocado", made)
    assert balance(cash(cast.beto)) == Decimal("500000.00")
    mirror = Transaction.objects.get(reverses=made)
    assert f"{TRANSACTIONS}{mirror.pk}/change/" in admin.get(f"{TRANSACTIONS}{made}/change/").content.decode()
    assert f"{TRANSACTIONS}{made}/change/" in admin.get(f"{TRANSACTIONS}{mirror.pk}/change/").content.decode()
    before = snapshot()
    assert "Esa transacción ya fue revertida." in mark(admin, TRANSACTIONS, "reverse", "Otra vez", made)
    messages_apart = {name: rows for name, rows in snapshot().items() if name != "django_session"}
    assert messages_apart == {name: rows for name, rows in before.items() if name != "django_session"}


@pytest.mark.parametrize(
    ("role", "page", "action", "reason"),
    [
        ("reader", ACCOUNTS, "freeze", "Orden judicial 12"),
        ("reader", ACCOUNTS, "unfreeze", "Orden judicial 12"),
        ("reader", TRANSACTIONS, "reverse", "Pago equivocado"),
        ("support", TRANSACTIONS, "reverse", "Pago equivocado"),
        ("support", ACCOUNTS, "freeze", ""),
        ("support", ACCOUNTS, "freeze", "ab"),
        ("admin", TRANSACTIONS, "reverse", " "),
    ],
)
def test_without_the_role_or_a_reason_nothing_is_done(
    cast: Cast, role: str, page: str, action: str, reason: str
) -> None:
    made = send(cast.ana, cash(cast.ana), cash(cast.beto), 100).transaction_id
    browser = browser_of(getattr(cast, role))
    before = snapshot()
    mark(browser, page, action, reason, cast.ana.cash_account_id if page == ACCOUNTS else made)
    after = snapshot()
    assert {name for name in after if after[name] != before[name]} <= {"django_session"}


def queries_for(browser: Browser, address: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(address).status_code == 200
    return len(seen)


def test_a_page_takes_as_many_queries_with_many_dates_as_with_one(cast: Cast, rows: None) -> None:
    ordered, admin = ScheduledTransfer.objects.get(), browser_of(cast.admin)
    address = f"/admin/banking/scheduledtransfer/{ordered.pk}/change/"
    one = queries_for(admin, address)
    assert run_due(today=timezone.localdate() + timedelta(weeks=5)).made == 5
    assert queries_for(admin, address) <= one


def test_a_page_takes_as_many_queries_with_many_entries_as_with_two(cast: Cast) -> None:
    admin = browser_of(cast.admin)
    two = send(cast.ana, cash(cast.ana), cash(cast.beto), 1).transaction_id
    legs = [Leg(cast.ana.cash_account_id, Decimal(-9)), *(Leg(one, Decimal(3)) for one in savings_of(cast, 3))]
    payload = {"transaction_id": None, "reverses": None, "reason": "test"}
    four = post(Posting(kind="TEST", legs=legs, event="ledger.reversed", payload=payload), actor_id=None).id
    first = queries_for(admin, f"{TRANSACTIONS}{two}/change/")
    assert queries_for(admin, f"{TRANSACTIONS}{four}/change/") <= first


def savings_of(cast: Cast, count: int) -> list[int]:
    numbers = [opened(cast.ana) for _ in range(count)]
    return list(Account.objects.filter(number__in=numbers).values_list("pk", flat=True))
