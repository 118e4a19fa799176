"""How many rows the product's own queries read, and how long they take, among a million movements.

    python -m bench.plans [--movements 1000000]

The rows belong to one client, so that the page at 99 % is a page at 990 000 rows of depth. They are written with the
guards off, by generate_series: this measures reading. Each query is the one that the code sends.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import date

from django.contrib import admin
from django.db import connection
from django.test import RequestFactory

from bench import database, world
from core.paging import encode_cursor
from core.tests.crowd import TABLES, fill
from core.tests.plans import costs
from funds import queries
from funds.models import MovementType
from ledger.models import Account
from ledger.queries import statement


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--movements", type=int, default=1_000_000)
    count = options.parse_args().movements
    with database.fresh():
        here = world.make()
        print(database.conditions())
        account_id = Account.objects.get(cash_client=here.client_id).pk
        start = time.perf_counter()
        fill(client_id=here.client_id, account_id=account_id, fund_id=here.fund_id, movements=count, active=1000)
        print(f"{count} movements written in {time.perf_counter() - start:.0f} s")
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM ANALYZE {', '.join(TABLES)}")
        print(f"\n| query | rows read | blocks | ms |\n|{'---|' * 4}")
        for name, ask in questions(here, account_id, count).items():
            ask()  # the second time, with warm caches
            for read in costs(ask):
                print(f"| {name} | {read.rows} | {read.blocks} | {read.milliseconds:.1f} |")


def questions(here: world.World, account_id: int, count: int) -> dict[str, Callable[[], object]]:
    client = here.client_id
    deep = encode_cursor(count // 100)
    asked: dict[str, Callable[[], object]] = {
        "history, first page": lambda: queries.history(client),
        "history, page at 99 %": lambda: queries.history(client, cursor=deep),
        "history of one fund": lambda: queries.history(client, fund_id=1),
        "history of one fund at 99 %": lambda: queries.history(client, fund_id=1, cursor=deep),
        "history of a fund never bought": lambda: queries.history(client, fund_id=5),
        "history of one type at 99 %": lambda: queries.history(client, type=MovementType.CANCELLATION, cursor=deep),
        "history of the oldest day": lambda: queries.history(client, until=date(2026, 1, 1)),
        "1000 active subscriptions": lambda: queries.active_subscriptions(client),
        "portfolio": lambda: queries.portfolio(client),
        "statement, first page": lambda: statement(account_id),
        "statement, page at 99 %": lambda: statement(account_id, cursor=deep),
    }
    for model in ("ledger.Transaction", "ledger.Entry", "events.Event", "funds.Subscription"):
        asked[f"admin list of {model}"] = lambda model=model: admin_page(model)  # type: ignore[misc]
    return asked


def admin_page(label: str) -> object:
    """The rows that the admin's list shows first."""
    (shown,) = [one for model, one in admin.site._registry.items() if model._meta.label == label]
    request = RequestFactory().get("/")
    rows = shown.get_queryset(request).order_by(*shown.get_ordering(request))
    return list(rows.select_related(*(shown.list_select_related or ()))[: shown.list_per_page])  # type: ignore[misc]


if __name__ == "__main__":
    main()
