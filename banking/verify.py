"""What the banking tables say about money must be what the books say."""

from __future__ import annotations

from ledger.verify import Check

CHECKS = (
    Check(
        "every transfer is the two entries that the books have for it",
        "SELECT count(*) FROM banking_transfer",
        """SELECT 'transfer ' || t.transaction_id || ' of ' || t.amount || ' is not what was posted'
           FROM banking_transfer t
           LEFT JOIN ledger_entry out ON out.transaction_id = t.transaction_id AND out.account_id = t.source_id
           LEFT JOIN ledger_entry into_ ON into_.transaction_id = t.transaction_id AND into_.account_id = t.target_id
           LEFT JOIN ledger_transaction posted ON posted.id = t.transaction_id
           WHERE (out.amount, out.currency, into_.amount, into_.currency)
                 IS DISTINCT FROM (-t.amount, t.currency, t.amount, t.currency)
              OR posted.entry_count IS DISTINCT FROM 2 OR posted.recorded_at IS DISTINCT FROM t.recorded_at
           ORDER BY t.seq""",
    ),
    Check(
        "every transfer is between accounts of those it names",
        "SELECT count(*) FROM banking_transfer",
        """SELECT 'transfer ' || t.transaction_id || ' names others than the holders of its accounts'
           FROM banking_transfer t
           JOIN ledger_account source ON source.id = t.source_id JOIN ledger_account target ON target.id = t.target_id
           WHERE (source.holder_id, target.holder_id) IS DISTINCT FROM (t.sender_id, t.receiver_id) ORDER BY t.seq""",
    ),
    Check(
        "every transfer in the books has its row",
        "SELECT count(*) FROM ledger_transaction WHERE kind = 'TRANSFER'",
        """SELECT 'transaction ' || p.id || ' is a transfer without its row' FROM ledger_transaction p
           LEFT JOIN banking_transfer t ON t.transaction_id = p.id
           WHERE p.kind = 'TRANSFER' AND t.seq IS NULL ORDER BY p.id""",
    ),
    Check(
        "every scheduled date that was paid is the transfer that was ordered",
        "SELECT count(*) FROM banking_scheduledrun WHERE outcome = 'made'",
        """SELECT 'date ' || r.due_on || ' of schedule ' || r.schedule_id || ' was paid otherwise'
           FROM banking_scheduledrun r JOIN banking_scheduledtransfer s ON s.id = r.schedule_id
           LEFT JOIN banking_transfer t ON t.transaction_id = r.transaction_id
           WHERE r.outcome = 'made'
             AND (t.sender_id, t.source_id, t.target_id, t.amount, t.currency)
                 IS DISTINCT FROM (s.client_id, s.source_id, s.target_id, s.amount, s.currency)
           ORDER BY r.id""",
    ),
    Check(
        "every client's default account is their own, in pesos and not closed",
        "SELECT count(*) FROM accounts_client",
        """SELECT 'client ' || c.id || ' has account ' || a.number || ' as default' FROM accounts_client c
           JOIN ledger_account a ON a.id = c.cash_account_id
           WHERE a.holder_id <> c.id OR a.kind <> 'cash' OR a.currency <> 'COP' OR a.state = 'closed' ORDER BY c.id""",
    ),
)
