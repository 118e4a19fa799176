"""The query of `sql/` among 100 000 clients and a million visits, and the schema to a file and back.

    python -m bench.sqlpart [--clients 100000] [--visits 1000000] [--plans]

A bank of 200 branches and 60 products: half of the products are offered in a few branches, the others in many; a
client visits about four branches, mostly the same ones again, and is enrolled in three products. What the two readings
cost is PostgreSQL's own account (EXPLAIN ANALYZE, BUFFERS), warm; `--plans` shows the plans too.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from psycopg2.extensions import connection as Session

from bench import database
from fundsite.sqlpart import backups, runner, script, sessions, undo
from fundsite.sqlpart.script import Statement

SQL = settings.BASE_DIR / "sql"
BRANCHES, PRODUCTS = 200, 60
FILL = """
    SELECT setseed(0.42);
    INSERT INTO btg.sucursal (nombre, ciudad) SELECT 'Sucursal ' || n, 'Ciudad ' || n % 30
        FROM generate_series(1, {branches}) n;
    INSERT INTO btg.producto (nombre, tipo_producto) SELECT 'Producto ' || n, 'FIC'
        FROM generate_series(1, {products}) n;
    INSERT INTO btg.cliente (nombre, apellidos, ciudad) SELECT 'Nombre ' || n % 900, 'Apellido ' || n % 7000, 'Ciudad'
        FROM generate_series(1, {clients}) n;
    -- odd products in about 1 % of the branches, even ones in 60 %; the last is offered nowhere
    INSERT INTO btg.disponibilidad SELECT s.id, p.id FROM btg.sucursal s, btg.producto p
        WHERE p.id < {products}
          AND abs(hashint4(s.id * 1000 + p.id)) % 1000 < CASE WHEN p.id % 2 = 1 THEN 10 ELSE 600 END;
    INSERT INTO btg.inscripcion SELECT DISTINCT 1 + floor(random() * {products})::int, n % {clients} + 1
        FROM generate_series(1, {clients} * 3) n;
    -- four branches near the client, on many days
    INSERT INTO btg.visitan SELECT (c * 7 + floor(random() * 4)::int * 13) % {branches} + 1, c,
            date '2020-01-01' + floor(random() * 2000)::int
        FROM (SELECT n % ({clients} - 1000) + 1 AS c FROM generate_series(1, {visits} * 101 / 100) n) AS visit
        ON CONFLICT DO NOTHING;
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--clients", type=int, default=100_000)
    options.add_argument("--visits", type=int, default=1_000_000)
    options.add_argument("--plans", action="store_true")
    asked = options.parse_args()
    with database.fresh(), sessions.connected() as session, tempfile.TemporaryDirectory() as folder:
        print(database.conditions())
        fill(session, asked.clients, asked.visits)
        readings(session, plans=asked.plans)
        files(session, Path(folder) / "btg.backup")


def fill(session: Session, clients: int, visits: int) -> None:
    runner.run(session, script.read(SQL / "00_schema.sql") + script.read(SQL / "01_tables.sql"), keep=False)
    with session.cursor() as cursor:
        cursor.execute(FILL.format(branches=BRANCHES, products=PRODUCTS, clients=clients, visits=visits))
        cursor.execute("VACUUM ANALYZE")
        for table in ("cliente", "disponibilidad", "inscripcion", "visitan"):
            cursor.execute(f"SELECT count(*) FROM btg.{table}")
            print(f"{table}: {cursor.fetchone()[0]}", end="  ")
    print()


def readings(session: Session, *, plans: bool) -> None:
    query = [step for step in script.read(SQL / "03_query.sql") if isinstance(step, Statement)][-1].text
    print(f"\n| reading | clients in the answer | rows read | blocks | ms (best of 5) |\n|{'---|' * 5}")
    with session.cursor() as cursor:
        for reading in runner.READINGS:
            cursor.execute("SELECT set_config('btg.reading', %s, false)", [reading])
            measured = [explain(cursor, query) for _ in range(5)]
            best = min(measured, key=lambda one: one["Execution Time"])
            plan = best["Plan"]
            blocks, answers = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], plan["Actual Rows"]
            print(f"| {reading} | {answers:.0f} | {rows_read(plan)} | {blocks} | {best['Execution Time']:.0f} |")
            if plans:
                cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {query}")
                print("\n".join(row[0] for row in cursor.fetchall()))


def explain(cursor: Any, query: str) -> dict[str, Any]:
    cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {query}")
    found = cursor.fetchone()[0]
    explained: list[dict[str, Any]] = json.loads(found) if isinstance(found, str) else found
    return explained[0]


def rows_read(plan: dict[str, Any]) -> int:
    """What the scans of tables and indexes returned, over all their loops."""
    below = sum(rows_read(part) for part in plan.get("Plans", ()))
    return below + (round(plan["Actual Rows"] * plan["Actual Loops"]) if "Relation Name" in plan else 0)


def files(session: Session, path: Path) -> None:
    def timed(action: Callable[[], object]) -> float:
        start = time.perf_counter()
        action()
        return time.perf_counter() - start

    kept = timed(lambda: backups.backup(session, str(path)))
    restored = timed(lambda: backups.restore(session, str(path)))
    returned = timed(lambda: undo.rollback(session))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nbackup {kept:.1f} s, {path.stat().st_size / 2**20:.1f} MiB; restore, with keeping the state before,")
    print(f"{restored:.1f} s; rollback {returned:.1f} s; peak memory of the process {peak:.0f} MiB")


if __name__ == "__main__":
    main()
