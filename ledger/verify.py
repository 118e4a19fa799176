"""Re-adding the books from their entries, trusting nothing that is stored twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from django.db import connection, transaction


@dataclass(frozen=True, slots=True)
class Check:
    """`population` counts what is looked at; `broken` selects what is wrong, the first line naming itself."""

    name: str
    population: str
    broken: str


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    checked: int
    broken: int
    first: str | None

    def as_dict(self) -> dict[str, str | int | None]:
        return asdict(self)


CHECKS = (
    Check(
        "every transaction sums to zero in each currency",
        "SELECT count(*) FROM ledger_transaction",
        """SELECT 'transaction ' || transaction_id || ' ' || currency || ' sums to ' || sum(amount)
           FROM ledger_entry GROUP BY transaction_id, currency HAVING sum(amount) <> 0 ORDER BY transaction_id""",
    ),
    Check(
        "every transaction has the entries it announced",
        "SELECT count(*) FROM ledger_transaction",
        """SELECT 'transaction ' || t.id || ' announced ' || t.entry_count || ' entries and has ' || count(e.id)
           FROM ledger_transaction t LEFT JOIN ledger_entry e ON e.transaction_id = t.id
           GROUP BY t.id HAVING count(e.id) <> t.entry_count OR t.entry_count < 2 ORDER BY t.id""",
    ),
    Check(
        "every entry belongs to a transaction and an account of its currency",
        "SELECT count(*) FROM ledger_entry",
        """SELECT 'entry ' || e.id || ' is an orphan' FROM ledger_entry e
           LEFT JOIN ledger_transaction t ON t.id = e.transaction_id
           LEFT JOIN ledger_account a ON a.id = e.account_id
           WHERE t.id IS NULL OR a.id IS NULL OR a.currency <> e.currency ORDER BY e.id""",
    ),
    Check(
        "every account's balance is the sum of its entries",
        "SELECT count(*) FROM ledger_account WHERE balance IS NOT NULL",
        """SELECT 'account ' || a.number || ' shows ' || a.balance || ', its entries sum to ' || coalesce(s.total, 0)
           FROM ledger_account a
           LEFT JOIN (SELECT account_id, sum(amount) total FROM ledger_entry GROUP BY account_id) s
             ON s.account_id = a.id
           WHERE a.balance IS NOT NULL AND a.balance <> coalesce(s.total, 0) ORDER BY a.id""",
    ),
    Check(
        "every balance_after follows from the one before",
        "SELECT count(*) FROM ledger_entry WHERE balance_after IS NOT NULL",
        """SELECT 'entry ' || id || ' says ' || coalesce(balance_after::text, 'nothing') || ' after, adding gives '
                  || running
           FROM (SELECT e.id, e.balance_after, a.balance,
                        sum(e.amount) OVER (PARTITION BY e.account_id ORDER BY e.id) running
                 FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id) chain
           WHERE (balance IS NULL AND balance_after IS NOT NULL)
              OR (balance IS NOT NULL AND balance_after IS DISTINCT FROM running) ORDER BY id""",
    ),
    Check(
        "no balance is or was under its floor",
        "SELECT count(*) FROM ledger_account WHERE floor IS NOT NULL",
        """SELECT 'account ' || a.number || ' stood at ' || least(a.balance, low.balance_after) || ', floor ' || a.floor
           FROM ledger_account a
           LEFT JOIN (SELECT account_id, min(balance_after) balance_after FROM ledger_entry GROUP BY account_id) low
             ON low.account_id = a.id
           WHERE least(a.balance, low.balance_after) < a.floor ORDER BY a.id""",
    ),
    Check(
        "all entries sum to zero in each currency",
        "SELECT count(DISTINCT currency) FROM ledger_entry",
        """SELECT currency || ' sums to ' || sum(amount) FROM ledger_entry
           GROUP BY currency HAVING sum(amount) <> 0 ORDER BY currency""",
    ),
    Check(
        "every reversal is the opposite of what it reverses",
        "SELECT count(*) FROM ledger_transaction WHERE reverses_id IS NOT NULL",
        """SELECT 'transaction ' || t.id || ' does not undo ' || t.reverses_id
           FROM ledger_transaction t
           JOIN ledger_entry e ON e.transaction_id IN (t.id, t.reverses_id)
           WHERE t.reverses_id IS NOT NULL
           GROUP BY t.id, t.reverses_id, e.account_id HAVING sum(e.amount) <> 0 ORDER BY t.id""",
    ),
)


def verify(checks: tuple[Check, ...] = CHECKS) -> Iterator[Finding]:
    """Run each check over one and the same snapshot, while the product goes on working.

    Within a transaction of the caller's, the snapshots are that transaction's.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for check in checks:
            cursor.execute(check.population)
            checked = cursor.fetchone()[0]
            cursor.execute(f"SELECT count(*) OVER (), first FROM ({check.broken}) AS broken (first) LIMIT 1")
            row = cursor.fetchone()
            yield Finding(check.name, checked, row[0] if row else 0, row[1] if row else None)
