"""Names of accounts, transfers between them and to come, statements given out. Money and balances are the ledger's."""

from banking.models.accounts import AccountLabel, Currency
from banking.models.documents import StatementDocument
from banking.models.schedules import Frequency, RunOutcome, ScheduledRun, ScheduledTransfer, ScheduleState
from banking.models.transfers import Transfer

__all__ = [
    "AccountLabel",
    "Currency",
    "Frequency",
    "RunOutcome",
    "ScheduleState",
    "ScheduledRun",
    "ScheduledTransfer",
    "StatementDocument",
    "Transfer",
]
