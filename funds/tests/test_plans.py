"""The queries that everybody sends read no more rows when there are more rows.

Measured, not guessed: each query that the code sends is run under EXPLAIN ANALYZE among 6 000 movements of one client,
and the rows its scans touched are counted. A scan of any of the tables would touch thousands.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser

from accounts.models import User
from core.paging import encode_cursor
from core.tests.crowd import fill
from core.tests.plans import Read, costs
from funds import queries, services
from funds.models import Movement, MovementType
from ledger.models import Entry
from ledger.queries import statement

MOVEMENTS = 6_000
ACTIVE = 25
A_PAGE = 150  # rows: a page of 20 or 50 and what is joined to it
A_LOOK_UP = 15


@pytest.fixture
def crowded(cast: Any) -> Any:
    fill(client_id=cast.ana.pk, account_id=cast.ana.cash_account_id, fund_id=2, movements=MOVEMENTS, active=ACTIVE)
    return cast


def deep(table: Any) -> str:
    """The cursor of a page behind 99 % of the rows."""
    return encode_cursor(table.objects.order_by("pk").values_list("pk", flat=True)[table.objects.count() // 100])


def worst(reads: Any) -> Read:
    found: Read = max(reads, key=lambda read: read.rows)
    return found


ASKED = {
    "first page": {},
    "last page": {"cursor": "deep"},
    "one fund": {"fund_id": 1},
    "one fund, last page": {"fund_id": 1, "cursor": "deep"},
    "a fund never bought": {"fund_id": 5},
    "one type": {"type": MovementType.CANCELLATION},
    "one type, last page": {"type": MovementType.SUBSCRIPTION, "cursor": "deep"},
}


@pytest.mark.parametrize("asked", ASKED)
def test_a_page_of_history_reads_a_page(asked: str, crowded: Any) -> None:
    filters = {name: deep(Movement) if value == "deep" else value for name, value in ASKED[asked].items()}
    page = queries.history(crowded.ana.pk, **filters)
    assert len(page.rows) == (0 if "never" in asked else 20)
    read = worst(costs(lambda: queries.history(crowded.ana.pk, **filters)))
    assert read.rows <= A_PAGE, read


def test_without_its_indexes_a_page_of_history_reads_everything(crowded: Any) -> None:
    """The measure itself: it can tell."""
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX funds_history, funds_history_by_fund, funds_history_by_type")
    read = worst(costs(lambda: queries.history(crowded.ana.pk, fund_id=5)))
    assert read.rows >= MOVEMENTS


def rows_read_by_postings() -> int:
    """By this transaction so far, in the tables that grow, including from within the database's functions."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables WHERE relname = ANY (%s)",
            [["ledger_transaction", "ledger_entry", "events_event", "funds_movement", "funds_subscription"]],
        )
        return int(cursor.fetchone()[0])


def test_what_a_posting_reads_does_not_grow_with_the_books(cast: Any) -> None:
    """In one session, which plans its statements while the tables are small and keeps the plans while they grow."""
    beto = {"client_id": cast.beto.pk, "actor_id": cast.beto.user_id}
    before, seen = rows_read_by_postings(), []
    for _ in range(150):
        held = services.subscribe(fund_id=2, amount=Decimal(125_000), **beto)
        services.cancel(subscription_id=held.transaction_id, **beto)
        after = rows_read_by_postings()
        seen.append(after - before)
        before = after
    assert max(seen[1:]) <= seen[1] + A_LOOK_UP, seen


@pytest.mark.parametrize("cursor", [None, "deep"])
def test_a_page_of_a_statement_reads_a_page(cursor: str | None, crowded: Any) -> None:
    at = deep(Entry) if cursor else None
    account = crowded.ana.cash_account_id
    assert len(statement(account, cursor=at).rows) == 20
    read = worst(costs(lambda: statement(account, cursor=at)))
    assert read.rows <= 2 * A_PAGE, read  # each line looks its other account and its reversal up


def test_active_subscriptions_read_the_active_ones(crowded: Any) -> None:
    assert len(queries.active_subscriptions(crowded.ana.pk)) == ACTIVE
    read = worst(costs(lambda: queries.active_subscriptions(crowded.ana.pk)))
    assert read.rows <= 3 * ACTIVE, read


def test_one_subscription_one_receipt_and_the_portfolio_are_look_ups(crowded: Any) -> None:
    movement = Movement.objects.filter(type=MovementType.SUBSCRIPTION)[0]
    for ask in (
        lambda: queries.subscription_of(crowded.ana.pk, movement.transaction_id),
        lambda: queries.portfolio(crowded.ana.pk),
    ):
        read = worst(costs(ask))
        assert read.rows <= A_LOOK_UP, read


@pytest.mark.parametrize("page", ["ledger/transaction", "ledger/entry", "events/event", "funds/subscription"])
def test_an_admin_list_reads_a_page(page: str, crowded: Any) -> None:
    """Counting is bounded by itself, at more rows than are here: left out."""
    operator = Browser()
    operator.force_login(crowded.admin)
    assert operator.get(f"/admin/{page}/").status_code == 200
    reads = [read for read in costs(lambda: operator.get(f"/admin/{page}/")) if "COUNT(*)" not in read.sql]
    assert any("ORDER BY" in read.sql for read in reads)
    assert worst(reads).rows <= 2 * A_PAGE, worst(reads)


def test_signing_in_looks_one_user_up(cast: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO accounts_user (
                   id, password, username, email, full_name, role, is_active, date_joined, gender, xp_total, language)
               SELECT gen_random_uuid(), '', 'user-' || n, 'user-' || n || '@example.com', 'X', 'user', true, now(),
                      '', 0, 'es'
               FROM generate_series(1, 5000) n"""
        )
        cursor.execute("ANALYZE accounts_user")
    assert worst(costs(lambda: User.objects.get_by_natural_key("ANA"))).rows <= A_LOOK_UP
    for identifier in ("ana", "ana@example.com", "ANA@example.com", "nobody", "nobody@example.com"):
        asked = {"email": identifier, "password": "Secret123!"}
        reads = costs(lambda asked=asked: Browser().post("/api/v1/auth/login", asked, "application/json"))
        assert worst(reads).rows <= A_LOOK_UP, (identifier, worst(reads))
