"""What the ledger's guards cost: the same subscriptions with all of them and without, in turns within one run.

    python -m bench.guards [--seconds 4] [--rounds 5]

"without" keeps the one trigger that does the work of moving balances, and the keys; every other trigger of ours is
off: append-only rows, zero-sum and whole transactions, chained entries, what an account is.

Two measures: calls per second, which a busy machine disturbs; and the processor time that the server's process spends
on a call, which it disturbs less (Linux, server on this machine). "order of times" is the door with and without its
look at an account's last movement, before which nothing is recorded.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median
from typing import Protocol

import psycopg2
from django.db import connection

from bench import database, world
from core.sql_files import former

MOVES_BALANCES = "ledger_entry_apply"
CONNECTIONS = (1, 8)
LOOK_BACK = re.compile(r"greatest\(core_now\(\), \(.*?LIMIT 1\) last.*?\)\);", re.DOTALL)


class Switch(Protocol):
    def __call__(self, *, on: bool) -> None: ...


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=int, default=4, help="per measurement")
    options.add_argument("--rounds", type=int, default=5)
    asked = options.parse_args()
    with database.fresh():
        here = world.make()
        print(database.conditions())
        if processor_ticks(os.getpid()) is not None:
            print(f"\n| processor | with guards, µs a call | without | change | rounds (with/without) |\n|{'---|' * 5}")
            compare("guards", lambda: processor_per_call(here), asked.rounds, switch_guards)
            compare("order of times", lambda: processor_per_call(here), asked.rounds, switch_order)
        print(f"\n| connections | with guards/s | without/s | change | rounds (with/without) |\n|{'---|' * 5}")
        for clients in CONNECTIONS:
            compare(str(clients), partial(throughput, here, clients, asked.seconds), asked.rounds, switch_guards)


def throughput(here: world.World, clients: int, seconds: int) -> float:
    return database.pgbench(here.any_client_sql, seconds=seconds, clients=clients)


def processor_per_call(here: world.World, calls: int = 1500) -> float:
    """Microseconds of processor time that a server process spends on one subscription, committed."""
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as session:
        session.autocommit = True
        server, cursor = session.info.backend_pid, session.cursor()
        for _ in range(20):
            cursor.execute(here.subscribe_sql)
        before = processor_ticks(server) or 0
        for _ in range(calls):
            cursor.execute(here.subscribe_sql)
        return ((processor_ticks(server) or 0) - before) / os.sysconf("SC_CLK_TCK") / calls * 1e6


def processor_ticks(process: int) -> int | None:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[11]) + int(fields[12])


def compare(name: str, measure: Callable[[], float], rounds: int, switch: Switch) -> None:
    pairs = [(measured(measure, switch, on=True), measured(measure, switch, on=False)) for _ in range(rounds)]
    having, lacking = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    change = median(one / other for one, other in pairs) - 1  # what disturbs a round disturbs both of its halves
    listed = " ".join(f"{one:.0f}/{other:.0f}" for one, other in pairs)
    print(f"| {name} | {having:.0f} | {lacking:.0f} | {change:+.0%} | {listed} |")


def measured(measure: Callable[[], float], switch: Switch, *, on: bool) -> float:
    switch(on=on)
    try:
        return measure()
    finally:
        switch(on=True)


def switch_guards(*, on: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgname <> %s",
            [MOVES_BALANCES],
        )
        for table, trigger in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} {'ENABLE' if on else 'DISABLE'} TRIGGER {trigger}")


def switch_order(*, on: bool) -> None:
    path = Path(__file__).parent.parent / "ledger/migrations/post_v2.sql"
    door = former(str(path), path.name, "ledger_post")
    if not on:
        door, found = LOOK_BACK.subn("core_now();", door)
        assert found == 1, "the door looks otherwise now"
    with connection.cursor() as cursor:
        cursor.execute(door)


if __name__ == "__main__":
    main()
