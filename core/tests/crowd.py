"""Very many movements of one client, written past the guards: for reading, not for reconciling."""

from __future__ import annotations

import uuid

from django.db import connection

TABLES = ("ledger_transaction", "ledger_entry", "events_event", "funds_movement", "funds_subscription")

# A subscription and its cancellation per number, a minute apart.
_FILL = (
    """CREATE TEMP TABLE pair AS
       SELECT n, gen_random_uuid() AS opened, gen_random_uuid() AS closed,
              CASE WHEN n %% 3 = 0 THEN 1 ELSE %(fund)s END AS fund,
              timestamptz '2026-01-01' + n * interval '1 minute' AS at
       FROM generate_series(1, %(pairs)s) n""",
    """INSERT INTO ledger_transaction (id, kind, correlation_id, entry_count, memo, recorded_at)
       SELECT id, kind, opened, 2, '', at
       FROM pair, LATERAL (VALUES (opened, 'SUBSCRIPTION'), (closed, 'CANCELLATION')) t (id, kind) ORDER BY n""",
    """INSERT INTO ledger_entry (transaction_id, account_id, currency, amount, balance_after)
       SELECT id, account, 'COP', amount, 1
       FROM pair, LATERAL (VALUES (opened, %(account)s, -1), (opened, %(house)s, 1),
                                  (closed, %(account)s, 1), (closed, %(house)s, -1)) t (id, account, amount)
       ORDER BY n""",
    """INSERT INTO events_event (id, name, version, actor_id, payload, context, recorded_at)
       SELECT gen_random_uuid(), name, 1, %(client)s, '{"amount": "1.00", "currency": "COP"}', '{}', at
       FROM pair, LATERAL (VALUES ('funds.subscribed'), ('funds.cancelled')) t (name) ORDER BY n""",
    """INSERT INTO funds_movement
           (transaction_id, client_id, fund_id, type, amount, currency, correlation_id, recorded_at)
       SELECT id, %(client)s, fund, kind, 1, 'COP', opened, at
       FROM pair, LATERAL (VALUES (opened, 'SUBSCRIPTION'), (closed, 'CANCELLATION')) t (id, kind) ORDER BY n""",
    """INSERT INTO funds_subscription
           (id, client_id, fund_id, amount, currency, opened_at, cancellation_id, cancelled_at)
       SELECT opened, %(client)s, fund, 1, 'COP', at, CASE WHEN n > %(active)s THEN closed END,
              CASE WHEN n > %(active)s THEN at END
       FROM pair ORDER BY n""",
    "DROP TABLE pair",
)


def fill(*, client_id: uuid.UUID, account_id: int, fund_id: int, movements: int, active: int) -> None:
    """Half subscriptions, half cancellations, a third of them in fund 1 and the others in `fund_id`; of the
    subscriptions the first `active` are still on."""
    names = {
        "pairs": movements // 2,
        "active": active,
        "client": client_id,
        "fund": fund_id,
        "account": account_id,
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_house_account('crowd', 'COP')")
        names["house"] = cursor.fetchone()[0]
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks under way cannot be altered
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        for sql in _FILL:
            cursor.execute(sql, names)
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
            cursor.execute(f"ANALYZE {table}")
