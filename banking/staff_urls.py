from __future__ import annotations

from django.urls import path

from banking.views import staff

app_name = "staff"
urlpatterns = [
    path("directorio/cuentas/<slug:number>/", staff.account, name="account"),
    path("directorio/cuentas/<slug:number>/congelar/", staff.freeze, name="freeze"),
    path("directorio/cuentas/<slug:number>/descongelar/", staff.unfreeze, name="unfreeze"),
    path("directorio/transacciones/<uuid:transaction_id>/", staff.transaction, name="transaction"),
    path("directorio/transacciones/<uuid:transaction_id>/revertir/", staff.reverse, name="reverse"),
]
