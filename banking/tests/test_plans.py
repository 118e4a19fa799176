"""The queries that everybody sends read no more when there are more transfers.

Measured: each is run under EXPLAIN ANALYZE among thousands of transfers of one client, and the blocks it looked at are
counted, those within the database's own functions as well. Reading a table whole would touch hundreds.
"""

from __future__ import annotations

import json
import uuid

import pytest
from django.db import connection

from banking.models import Transfer
from banking.queries.transfers import Wanted, transfers_of
from banking.tests.people import cash, opened, send
from conftest import Cast
from core.paging import encode_cursor
from core.tests.plans import costs

TRANSFERS = 6_000
TABLES = ("ledger_transaction", "ledger_entry", "banking_transfer")
A_PAGE = 700  # blocks: 20 receipts of some 30 each, from indexes that are three deep at most
A_LOOK_UP = 40

_FILL = (
    """CREATE TEMP TABLE made AS
       SELECT n, gen_random_uuid() AS id, timestamptz '2026-01-01' + n * interval '1 minute' AS at,
              (ARRAY[%(ana)s, %(beto)s, %(ana)s])[n %% 3 + 1] AS source,
              (ARRAY[%(beto)s, %(ana)s, %(savings)s])[n %% 3 + 1] AS target
       FROM generate_series(1, %(times)s) n""",
    """INSERT INTO ledger_transaction (id, kind, correlation_id, entry_count, memo, recorded_at)
       SELECT id, 'TRANSFER', id, 2, '', at FROM made ORDER BY n""",
    """INSERT INTO ledger_entry (transaction_id, account_id, currency, amount, balance_after)
       SELECT made.id, account.id, 'COP', amount, 1
       FROM made, LATERAL (VALUES (source, -1), (target, 1)) leg (number, amount)
       JOIN ledger_account account USING (number) ORDER BY n""",
    """INSERT INTO banking_transfer
           (transaction_id, sender_id, receiver_id, source_id, target_id, amount, currency, memo, recorded_at)
       SELECT made.id, source.holder_id, target.holder_id, source.id, target.id, 1, 'COP', '', at
       FROM made JOIN ledger_account source ON source.number = made.source
       JOIN ledger_account target ON target.number = made.target ORDER BY n""",
    "DROP TABLE made",
)


@pytest.fixture
def crowded(cast: Cast) -> Cast:
    """Ana has sent, received and moved among her own accounts, thousands of times each."""
    names = {"ana": cash(cast.ana), "beto": cash(cast.beto), "savings": opened(cast.ana), "times": TRANSFERS}
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        for sql in _FILL:
            cursor.execute(sql, names)
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
            cursor.execute(f"ANALYZE {table}")
    return cast


@pytest.mark.parametrize("direction", Wanted)
@pytest.mark.parametrize("deep", [False, True])
def test_a_page_of_transfers_reads_a_page(crowded: Cast, direction: Wanted, deep: bool) -> None:
    oldest = Transfer.objects.order_by("seq")[TRANSFERS // 100].seq
    cursor = encode_cursor(oldest) if deep else None
    (read,) = costs(lambda: transfers_of(crowded.ana.pk, direction=direction, cursor=cursor))
    assert read.rows < 150, read.sql
    assert read.blocks < A_PAGE, read.sql


def test_what_was_sent_today_is_added_up_without_reading_what_was_sent_before(crowded: Cast) -> None:
    send(crowded.ana, cash(crowded.ana), cash(crowded.beto), 1)
    assert blocks("banking_sent_today(%s, 'America/Bogota', 'COP')", crowded.ana.pk) < A_LOOK_UP


def test_a_receipt_is_looked_up(crowded: Cast) -> None:
    transfer = Transfer.objects.order_by("seq")[3000].transaction_id
    assert blocks("banking_receipt(%s, %s)", transfer, crowded.ana.pk) < A_LOOK_UP


def blocks(call: str, *arguments: uuid.UUID) -> int:
    """How many blocks a function's own queries looked at, its plans made."""
    with connection.cursor() as cursor:
        for _ in range(2):
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT {call}", arguments)
            found = cursor.fetchone()[0]
    explained = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return int(explained["Shared Hit Blocks"] + explained["Shared Read Blocks"])
