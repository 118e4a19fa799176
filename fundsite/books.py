"""Every check of the books, of every room that keeps some."""

from __future__ import annotations

from banking.verify import CHECKS as BANKING_CHECKS
from funds.verify import CHECKS as FUND_CHECKS
from ledger.verify import CHECKS as LEDGER_CHECKS

CHECKS = LEDGER_CHECKS + BANKING_CHECKS + FUND_CHECKS
