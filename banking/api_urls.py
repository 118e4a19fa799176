from __future__ import annotations

from django.urls import path

from banking.api import accounts, ledger, schedules, transfers

urlpatterns = [
    path("accounts", accounts.AccountsView.as_view(), name="accounts"),
    path("accounts/<slug:number>", accounts.AccountView.as_view(), name="account"),
    path("accounts/<slug:number>/close", accounts.CloseAccountView.as_view(), name="close_account"),
    path("accounts/<slug:number>/default", accounts.DefaultAccountView.as_view(), name="set_default_account"),
    path("accounts/<slug:number>/freeze", accounts.FreezeAccountView.as_view(), name="freeze_account"),
    path("accounts/<slug:number>/unfreeze", accounts.UnfreezeAccountView.as_view(), name="unfreeze_account"),
    path("clients/<uuid:client_id>/accounts", accounts.ClientAccountsView.as_view(), name="client_accounts"),
    path("transfers", transfers.TransfersView.as_view(), name="transfers"),
    path("transfers/preview", transfers.TransferPreviewView.as_view(), name="preview_transfer"),
    path("transfers/<uuid:transaction_id>", transfers.TransferView.as_view(), name="transfer"),
    path("scheduled-transfers", schedules.SchedulesView.as_view(), name="scheduled_transfers"),
    path("scheduled-transfers/<uuid:schedule_id>", schedules.ScheduleView.as_view(), name="scheduled_transfer"),
    path("scheduled-transfers/<uuid:schedule_id>/pause", schedules.PauseScheduleView.as_view(), name="pause_schedule"),
    path(
        "scheduled-transfers/<uuid:schedule_id>/resume", schedules.ResumeScheduleView.as_view(), name="resume_schedule"
    ),
    path("ledger/transactions/<uuid:transaction_id>", ledger.BookedTransactionView.as_view(), name="booked"),
    path("ledger/transactions/<uuid:transaction_id>/reverse", ledger.ReverseView.as_view(), name="reverse"),
]
