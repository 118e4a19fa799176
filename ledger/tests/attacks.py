"""Ways to break the books with SQL, each beside the guard that stops it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    """SQL that must be refused, and the SQL that takes away what refuses it (none: PostgreSQL itself does)."""

    name: str
    steps: tuple[str, ...]
    without: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()


def off(*triggers: str) -> tuple[str, ...]:
    """Triggers are named after their tables."""
    tables = ("ledger_account", "ledger_transaction", "events")
    owners = [next((table for table in tables if name.startswith(table)), "ledger_entry") for name in triggers]
    return tuple(
        f"ALTER TABLE {owner.replace('events', 'events_event')} DISABLE TRIGGER {name}"
        for owner, name in zip(owners, triggers, strict=True)
    )


def unconstrained(table: str, *constraints: str) -> tuple[str, ...]:
    return tuple(f"ALTER TABLE {table} DROP CONSTRAINT {name}" for name in constraints)


def transaction_row(id: str = "%(new)s", count: int = 2, reverses: str = "NULL", correlation: str = "%(new)s") -> str:
    return f"""INSERT INTO ledger_transaction (id, kind, correlation_id, reverses_id, entry_count, memo, recorded_at)
               VALUES ({id}, 'ATTACK', {correlation}, {reverses}, {count}, '', now())"""


def entries(*rows: str, into: str = "transaction_id, account_id, currency, amount, balance_after") -> str:
    return f"INSERT INTO ledger_entry ({into}) VALUES {', '.join(f'({row})' for row in rows)}"


GIFT = entries("%(new)s, %(house)s, 'COP', -100, NULL", "%(new)s, %(ana)s, 'COP', 100, 500100")
APPEND = entries("%(grant)s, %(other_house)s, 'COP', -100, NULL", "%(grant)s, %(beto)s, 'COP', 100, 500100")
OTHER_HOUSE = ("SELECT ledger_house_account('attack', 'COP')",)

ATTACKS = [
    # --- entries come in whole, balanced transactions ---
    Attack(
        "unbalanced",
        (transaction_row(), entries("%(new)s, %(house)s, 'COP', -99, NULL", "%(new)s, %(ana)s, 'COP', 100, 500100")),
        off("ledger_entries_balance"),
    ),
    Attack(
        "unbalanced by an amount that is not a number",
        (transaction_row(), entries("%(new)s, %(house)s, 'COP', 'NaN', NULL", "%(new)s, %(ana)s, 'COP', 'NaN', 'NaN'")),
        off("ledger_entries_balance"),
    ),
    Attack(
        "balanced only across currencies",
        (transaction_row(), entries("%(new)s, %(usd)s, 'USD', -100, NULL", "%(new)s, %(ana)s, 'COP', 100, 500100")),
        off("ledger_entries_balance"),
        ("SELECT ledger_house_account('attack', 'USD')",),
    ),
    Attack(
        "unbalanced half by half in one statement",
        (
            transaction_row(),
            f"""WITH first AS ({entries("%(new)s, %(house)s, 'COP', -99, NULL")} RETURNING id)
                {entries("%(new)s, %(ana)s, 'COP', 100, 500100")}""",
        ),
        off("ledger_entries_balance"),
    ),
    Attack(
        "unbalanced by MERGE",
        (
            transaction_row(),
            """MERGE INTO ledger_entry e USING (SELECT 1) one ON false WHEN NOT MATCHED THEN
               INSERT (transaction_id, account_id, currency, amount, balance_after)
               VALUES (%(new)s, %(ana)s, 'COP', 100, 500100)""",
        ),
        off("ledger_entries_balance", "ledger_transaction_complete"),
    ),
    Attack("entries without their transaction", (GIFT,), (*off("ledger_entries_balance"), "drop transaction key")),
    Attack("a transaction without entries", (transaction_row(),), off("ledger_transaction_complete")),
    Attack(
        "a transaction with fewer entries than announced",
        (transaction_row(count=3), GIFT),
        off("ledger_entries_balance", "ledger_transaction_complete"),
    ),
    Attack("a transaction of nothing", (transaction_row(count=0),), off("ledger_transaction_complete")),
    Attack("a balanced pair appended to an old transaction", (APPEND,), off("ledger_entries_balance"), OTHER_HOUSE),
    Attack(
        "entries taken back after the check at commit was called forward",
        (
            transaction_row(),
            "SAVEPOINT before",
            GIFT,
            "SET CONSTRAINTS ledger_transaction_complete IMMEDIATE",
            "ROLLBACK TO before",
        ),
        off("ledger_transaction_complete"),
    ),
    Attack(
        "an entry of zero",
        (transaction_row(), entries("%(new)s, %(house)s, 'COP', 0, NULL", "%(new)s, %(ana)s, 'COP', 0, 500000")),
        unconstrained("ledger_entry", "ledger_moves_something"),
    ),
    Attack(
        "two entries of one transaction in one account",
        (transaction_row(), entries("%(new)s, %(house)s, 'COP', -100, NULL", "%(new)s, %(house)s, 'COP', 100, NULL")),
        unconstrained("ledger_entry", "ledger_one_entry_per_account"),
    ),
    # --- a balance moves only with an entry of the same amount ---
    Attack(
        "a balance changed by UPDATE",
        ("UPDATE ledger_account SET balance = balance + 1 WHERE id = %(ana)s",),
        off("ledger_account_guard"),
    ),
    Attack(
        "a balance changed by ON CONFLICT",
        (
            """INSERT INTO ledger_account (id, number, kind, holder_id, currency, balance, floor, state, opened_at)
               VALUES (%(ana)s, 'x', 'cash', %(holder)s, 'COP', 0, 0, 'open', now())
               ON CONFLICT (id) DO UPDATE SET balance = 999999""",
        ),
        off("ledger_account_guard"),
    ),
    Attack(
        "a balance changed by MERGE",
        (
            """MERGE INTO ledger_account a USING (SELECT 1) one ON a.id = %(ana)s
               WHEN MATCHED THEN UPDATE SET balance = 999999""",
        ),
        off("ledger_account_guard"),
    ),
    Attack(
        "a balance changed within a CTE",
        ("WITH up AS (UPDATE ledger_account SET balance = 9 WHERE id = %(ana)s RETURNING id) SELECT * FROM up",),
        off("ledger_account_guard"),
    ),
    Attack(
        "a balance changed from within a trigger of one's own",
        (
            "CREATE TEMP TABLE mine (n int)",
            """CREATE FUNCTION pg_temp.mine() RETURNS trigger LANGUAGE plpgsql AS $$
               BEGIN UPDATE public.ledger_account SET balance = 999999 WHERE id = NEW.n; RETURN NEW; END $$""",
            "CREATE TRIGGER mine AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION pg_temp.mine()",
            "INSERT INTO mine VALUES (%(ana)s)",
        ),
        off("ledger_account_guard"),
    ),
    Attack(
        "an entry beside a table of one's own that takes the balance's place",
        (
            "CREATE TEMP TABLE ledger_account AS SELECT * FROM public.ledger_account",
            "UPDATE pg_temp.ledger_account SET balance = 899 WHERE id = %(ana)s",
            transaction_row(),
            entries("%(new)s, %(house)s, 'COP', -100, NULL", "%(new)s, %(ana)s, 'COP', 100, 999"),
        ),
        ("ALTER FUNCTION ledger_entry_apply RESET search_path",),
    ),
    Attack(
        "a pair appended beside a table of one's own that takes the transactions' place",
        (
            "CREATE TEMP TABLE ledger_transaction AS SELECT * FROM public.ledger_transaction",
            "UPDATE pg_temp.ledger_transaction SET entry_count = 4 WHERE id = %(grant)s",
            APPEND,
        ),
        ("ALTER FUNCTION ledger_entries_balance RESET search_path",),
        OTHER_HOUSE,
    ),
    Attack(
        "an entry with another balance_after",
        (
            transaction_row(),
            entries("%(new)s, %(house)s, 'COP', -100, NULL", "%(new)s, %(ana)s, 'COP', 100, 999999"),
        ),
        off("ledger_account_guard"),
    ),
    Attack(
        "an entry without balance_after",
        (transaction_row(), entries("%(new)s, %(house)s, 'COP', -100, NULL", "%(new)s, %(ana)s, 'COP', 100, NULL")),
        off("ledger_account_guard"),
    ),
    Attack(
        "a house entry with balance_after",
        (transaction_row(), entries("%(new)s, %(house)s, 'COP', -100, 5", "%(new)s, %(ana)s, 'COP', 100, 500100")),
        off("ledger_entry_apply"),
    ),
    Attack(
        "an entry put before the account's last one",
        (
            transaction_row(),
            """INSERT INTO ledger_entry (id, transaction_id, account_id, currency, amount, balance_after)
               OVERRIDING SYSTEM VALUE VALUES (-2, %(new)s, %(house)s, 'COP', -100, NULL),
                                              (-1, %(new)s, %(ana)s, 'COP', 100, 500100)""",
        ),
        off("ledger_entry_id", "ledger_account_guard"),
    ),
    Attack(
        "an entry put so far ahead that none can follow",
        (
            transaction_row(),
            """INSERT INTO ledger_entry (id, transaction_id, account_id, currency, amount, balance_after)
               OVERRIDING SYSTEM VALUE VALUES (9000000000000000001, %(new)s, %(house)s, 'COP', -100, NULL),
                                              (9000000000000000002, %(new)s, %(ana)s, 'COP', 100, 500100)""",
        ),
        off("ledger_entry_id"),
    ),
    Attack(
        "an entry with an id of one's own",
        (
            transaction_row(),
            entries(
                "9000000000000000001, %(new)s, %(house)s, 'COP', -100, NULL",
                "9000000000000000002, %(new)s, %(ana)s, 'COP', 100, 500100",
                into="id, transaction_id, account_id, currency, amount, balance_after",
            ),
        ),
        (*off("ledger_entry_id"), "ALTER TABLE ledger_entry ALTER COLUMN id SET GENERATED BY DEFAULT"),
    ),
    # --- what an account is ---
    Attack(
        "an account born with money",
        (
            """INSERT INTO ledger_account (number, kind, holder_id, currency, balance, floor, state, opened_at)
               VALUES ('x', 'cash', %(holder)s, 'COP', 5, 0, 'open', now())""",
        ),
        off("ledger_account_guard"),
    ),
    Attack(
        "an account under its floor",
        (transaction_row(), entries("%(new)s, %(house)s, 'COP', 500001, NULL", "%(new)s, %(ana)s, 'COP', -500001, -1")),
        unconstrained("ledger_account", "ledger_floor"),
    ),
    Attack(
        "a holder's account without a floor",
        ("SELECT ledger_open_account('cash', %(holder)s, 'COP', NULL)",),
        unconstrained("ledger_account", "ledger_house"),
    ),
    Attack(
        "a house account with a balance",
        ("UPDATE ledger_account SET balance = 0 WHERE id = %(house)s",),
        (*unconstrained("ledger_account", "ledger_house"), *off("ledger_account_guard")),
    ),
    Attack(
        "an entry in another currency than the account's",
        (transaction_row(), entries("%(new)s, %(house)s, 'USD', -100, NULL", "%(new)s, %(ana)s, 'USD', 100, 500100")),
        off("ledger_entry_apply"),
    ),
    Attack(
        "an entry in a frozen account",
        (transaction_row(), GIFT),
        off("ledger_entry_apply"),
        ("UPDATE ledger_account SET state = 'frozen' WHERE id = %(ana)s",),
    ),
    Attack(
        "money out of a frozen account that takes some",
        (
            transaction_row(),
            entries("%(new)s, %(house)s, 'COP', 100, NULL", "%(new)s, %(ana)s, 'COP', -100, 499900"),
        ),
        off("ledger_entry_apply"),
        ("UPDATE ledger_account SET state = 'frozen', frozen_credits = true WHERE id = %(ana)s",),
    ),
    Attack(
        "an entry in a closed house account",
        (transaction_row(), GIFT),
        off("ledger_entry_apply"),
        ("UPDATE ledger_account SET state = 'closed' WHERE id = %(house)s",),
    ),
    Attack(
        "an entry in an account that is none",
        (transaction_row(), entries("%(new)s, %(house)s, 'COP', -100, NULL", "%(new)s, -1, 'COP', 100, 100")),
        (*off("ledger_entry_apply"), "drop account key"),
    ),
    Attack(
        "an account of a holder that is no client",
        ("SELECT ledger_open_account('cash', %(new)s, 'COP')",),
        unconstrained("ledger_account", "accounts_holder"),
    ),
    *(
        Attack(
            f"an account's {column} changed",
            (f"UPDATE ledger_account SET {column} = {changed} WHERE id = %(ana)s",),
            off("ledger_account_guard"),
        )
        for column, changed in (
            ("floor", "-1000"),
            ("holder_id", "(SELECT holder_id FROM ledger_account WHERE id = %(beto)s)"),
            ("currency", "'USD'"),
            ("number", "'mine'"),
            ("kind", "'other'"),
            ("opened_at", "now() - interval '1 year'"),
        )
    ),
    Attack(
        "an account closed with money",
        ("UPDATE ledger_account SET state = 'closed' WHERE id = %(ana)s",),
        off("ledger_account_guard"),
    ),
    Attack(
        "a closed account opened again",
        ("UPDATE ledger_account SET state = 'open' WHERE number = 'attack:COP'",),
        off("ledger_account_guard"),
        (*OTHER_HOUSE, "UPDATE ledger_account SET state = 'closed' WHERE number = 'attack:COP'"),
    ),
    Attack(
        "an account in a state of one's own",
        ("UPDATE ledger_account SET state = 'mine' WHERE id = %(ana)s",),
        unconstrained("ledger_account", "ledger_state"),
    ),
    Attack(
        "an account deleted",
        ("DELETE FROM ledger_account WHERE number = 'attack:COP'",),
        off("ledger_account_guard"),
        OTHER_HOUSE,
    ),
    # --- corrections ---
    Attack(
        "a transaction reversed twice",
        (
            transaction_row(reverses="%(grant)s", correlation="%(grant)s"),
            entries("%(new)s, %(house)s, 'COP', 500000, NULL", "%(new)s, %(ana)s, 'COP', -500000, 0"),
        ),
        ("drop reversal key", *off("ledger_transaction_complete")),
        (
            transaction_row("%(other)s", reverses="%(grant)s", correlation="%(grant)s"),
            entries("%(other)s, %(house)s, 'COP', 500000, NULL", "%(other)s, %(ana)s, 'COP', -500000, 0"),
            "SET CONSTRAINTS ALL IMMEDIATE",
            "SET CONSTRAINTS ALL DEFERRED",
            "SELECT ledger_post(gen_random_uuid(), 'GIFT', ARRAY[%(house)s, %(ana)s], ARRAY[-500000, 500000],"
            " gen_random_uuid(), 'x', 1, NULL, '{}', '{}')",
        ),
    ),
    Attack(
        "a reversal of another amount",
        (
            transaction_row(reverses="%(grant)s"),
            entries("%(new)s, %(house)s, 'COP', 1, NULL", "%(new)s, %(ana)s, 'COP', -1, 499999"),
        ),
        off("ledger_transaction_complete"),
    ),
    Attack(
        "a transaction that reverses itself",
        (transaction_row(reverses="%(new)s"), GIFT),
        off("ledger_transaction_complete"),
    ),
    Attack(
        "a reversal of nothing",
        (transaction_row(reverses="%(other)s"), GIFT),
        (*off("ledger_transaction_complete"), "drop reversed key"),
    ),
    # --- what has been written ---
    *(
        Attack(f"{table}: {verb}", (sql,), off(guard))
        for table, column, guard in (
            ("ledger_transaction", "memo", "ledger_transaction_append_only"),
            ("ledger_entry", "currency", "ledger_entry_append_only"),
            ("events_event", "name", "events_append_only"),
        )
        for verb, sql in (
            ("UPDATE", f"UPDATE {table} SET {column} = 'XXX'"),
            ("UPDATE to the same", f"UPDATE {table} SET {column} = {column}"),
            (
                "UPDATE by MERGE",
                f"MERGE INTO {table} t USING (SELECT 1) one ON true WHEN MATCHED THEN UPDATE SET {column} = 'XXX'",
            ),
        )
    ),
    Attack("ledger_entry: DELETE", ("DELETE FROM ledger_entry",), off("ledger_entry_append_only")),
    Attack("events_event: DELETE", ("DELETE FROM events_event",), off("events_append_only")),
    Attack(
        "ledger_transaction: DELETE",
        ("DELETE FROM ledger_transaction",),
        (*off("ledger_transaction_append_only"), "drop transaction key"),
    ),
    Attack("events_event: TRUNCATE", ("TRUNCATE events_event",), off("events_no_truncate")),
    Attack("ledger_entry: TRUNCATE", ("TRUNCATE ledger_entry",), off("ledger_entry_no_truncate")),
    Attack(
        "ledger_transaction: TRUNCATE",
        ("TRUNCATE ledger_transaction CASCADE",),
        (*off("ledger_transaction_no_truncate", "ledger_entry_no_truncate"), "guards of the apps above off"),
    ),
    Attack(
        "everything: TRUNCATE from a client on",
        ("TRUNCATE accounts_client CASCADE",),
        (*off("ledger_account_no_truncate", "ledger_entry_no_truncate"), "guards of the apps above off"),
    ),
]
