from __future__ import annotations

from django.urls import path

from banking.views import reports

app_name = "reports"
urlpatterns = [
    path("reportes/transacciones/", reports.transactions, name="transactions"),
    path("reportes/transacciones/<str:file_format>/", reports.transactions_file, name="transactions_file"),
    path("reportes/cuentas/", reports.accounts, name="accounts"),
    path("reportes/cuentas/<str:file_format>/", reports.accounts_file, name="accounts_file"),
    path("reportes/balance/", reports.trial_balance, name="trial_balance"),
    path("reportes/balance/<str:file_format>/", reports.trial_balance_file, name="trial_balance_file"),
]
