"""What an export of very many rows takes: seconds, bytes, and how much memory over the idle process.

    python -m bench.exports [--rows 1000000] [--only xlsx]

Each format is sent by a process of its own, through the whole product (middleware, view, streaming), to a client that
throws away what it gets; the memory is the peak that the operating system saw (`ru_maxrss`), less what the process
had when it had answered a request and done nothing else. The rows are written with the guards off: this is reading.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from multiprocessing.connection import Connection

from django.db import connection, connections
from django.test import Client as Browser

from bench import database, world  # isort: split

from accounts.models import Role, User
from core.money import format_money
from core.tests.crowd import TABLES, fill
from core.tests.plans import costs
from ledger.models import Account

PERIOD = "since=2026-01-01&until=2029-12-31"
FORMATS = ("csv", "jsonl", "xlsx")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--only", default="", help="of the files, those whose name has this in it: transacciones.xlsx")
    asked = options.parse_args()
    rows = asked.rows
    with database.fresh():
        here = world.make()
        User.objects.create(username="reader", email="reader@example.com", full_name="Lectora", role=Role.READER)
        print(database.conditions())
        account = Account.objects.get(cash_client=here.client_id)
        fill(client_id=here.client_id, account_id=account.pk, fund_id=here.fund_id, movements=rows, active=0)
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM ANALYZE {', '.join(TABLES)}, ledger_account")
        connections.close_all()
        print(f"\n| file | rows | seconds | MB sent | MB over idle |\n|{'---|' * 5}")
        for name, path in (
            ("transacciones", "/reportes/transacciones/{}/"),
            ("extracto", f"/cuentas/{account.number}/extracto/{{}}/"),
        ):
            for file_format in FORMATS:
                if asked.only in f"{name}.{file_format}":
                    seconds, sent, memory = _apart(f"{path.format(file_format)}?{PERIOD}")
                    told = f"{rows} | {seconds:.0f} | {sent / 1e6:.0f} | {memory / 1e6:.0f}"
                    print(f"| {name}.{file_format} | {told} |", flush=True)
        _pages(account)
        print(f"\nwhat the account holds in the end: {format_money(account.balance or 0, account.currency, 'es')}")


def _pages(account: Account) -> None:
    """What a page costs beside so many rows, without the totals of a whole period, which read all of it."""
    reader = Browser(SERVER_NAME="localhost")
    reader.force_login(User.objects.get(username="reader"))
    statement = f"/cuentas/{account.number}/extracto/?since=2026-02-01&until=2026-02-01"
    print(f"\n| page | rows read | ms |\n|{'---|' * 3}")
    for name, path in {
        "transactions, page": f"/reportes/transacciones/?{PERIOD}",
        "transactions of one type": f"/reportes/transacciones/?{PERIOD}&type=OPENING_GRANT",
        "transactions in dollars": f"/reportes/transacciones/?{PERIOD}&currency=USD",
        "accounts": "/reportes/cuentas/",
        "balance of an instant": f"{statement}&at=2026-03-01T00:00",
        "trial balance": "/reportes/balance/",
    }.items():
        for read in costs(lambda path=path: reader.get(path)):  # type: ignore[misc]
            if read.rows > 10:
                print(f"| {name} | {read.rows} | {read.milliseconds:.0f} |")


def _apart(path: str) -> tuple[float, int, int]:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_download, args=(path, there))
    process.start()
    there.close()  # so that one that fails is heard to
    answer: tuple[float, int, int] = here.recv()
    process.join()
    return answer


def _download(path: str, answer: Connection) -> None:
    """Seconds, bytes sent, and bytes of memory at the peak over those before."""
    reader = Browser(SERVER_NAME="localhost")
    reader.force_login(User.objects.get(username="reader"))
    assert reader.get("/reportes/balance/?date=2020-01-01").status_code == 200
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, sent = time.perf_counter(), 0
    for chunk in reader.get(path).streaming_content:  # type: ignore[attr-defined]
        sent += len(chunk)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer.send((time.perf_counter() - began, sent, (peak - idle) * 1024))


if __name__ == "__main__":
    main()
