from __future__ import annotations

from django.urls import path

from banking.api import reports, statements

urlpatterns = [
    path("accounts/<str:number>/statement", statements.StatementView.as_view(), name="statement"),
    path("accounts/<str:number>/balance", statements.BalanceView.as_view(), name="balance"),
    path("statements/verify/<str:code>", statements.VerifyDocumentView.as_view(), name="verify_document"),
    path("reports/transactions", reports.TransactionsReportView.as_view(), name="report_transactions"),
    path("reports/accounts", reports.AccountsReportView.as_view(), name="report_accounts"),
    path("reports/trial-balance", reports.TrialBalanceView.as_view(), name="report_trial_balance"),
]
