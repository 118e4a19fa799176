"""What the funds' own tables say about money must be what the books say."""

from __future__ import annotations

from ledger.verify import Check

CHECKS = (
    Check(
        "every position holds what its active subscriptions add up to",
        "SELECT count(*) FROM funds_position",
        """SELECT 'position of client ' || p.client_id || ' in fund ' || p.fund_id || ' holds ' || a.balance
                  || ', its subscriptions add up to ' || coalesce(sum(s.amount), 0)
           FROM funds_position p JOIN ledger_account a ON a.id = p.account_id
           LEFT JOIN funds_subscription s
             ON s.client_id = p.client_id AND s.fund_id = p.fund_id AND s.cancellation_id IS NULL
           GROUP BY p.id, a.balance HAVING a.balance <> coalesce(sum(s.amount), 0) ORDER BY p.id""",
    ),
    Check(
        "every movement is the entry that the books have for it",
        "SELECT count(*) FROM funds_movement",
        """SELECT 'movement ' || m.transaction_id || ' of ' || m.amount || ' is not what was posted'
           FROM funds_movement m
           LEFT JOIN funds_position p ON p.client_id = m.client_id AND p.fund_id = m.fund_id
           LEFT JOIN ledger_entry e ON e.transaction_id = m.transaction_id AND e.account_id = p.account_id
           WHERE e.currency IS DISTINCT FROM m.currency
              OR e.amount IS DISTINCT FROM CASE m.type WHEN 'SUBSCRIPTION' THEN m.amount ELSE -m.amount END
           ORDER BY m.seq""",
    ),
    Check(
        "every subscription and cancellation has its movement",
        "SELECT count(*) + count(cancellation_id) FROM funds_subscription",
        """SELECT 'subscription ' || s.id || ' lacks its ' || wanted.type
           FROM funds_subscription s
           CROSS JOIN LATERAL (VALUES (s.id, 'SUBSCRIPTION'), (s.cancellation_id, 'CANCELLATION')) wanted (id, type)
           LEFT JOIN funds_movement m
             ON m.transaction_id = wanted.id AND m.type = wanted.type AND m.correlation_id = s.id
            AND m.client_id = s.client_id AND m.fund_id = s.fund_id AND m.amount = s.amount
           WHERE wanted.id IS NOT NULL AND m.seq IS NULL ORDER BY s.id""",
    ),
    Check(
        "every movement belongs to a subscription",
        "SELECT count(*) FROM funds_movement",
        """SELECT 'movement ' || m.transaction_id || ' belongs to no subscription'
           FROM funds_movement m
           LEFT JOIN funds_subscription s ON m.transaction_id IN (s.id, s.cancellation_id) AND s.id = m.correlation_id
           WHERE s.id IS NULL ORDER BY m.seq""",
    ),
)
