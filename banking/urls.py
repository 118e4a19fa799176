from __future__ import annotations

from django.urls import path

from banking.views import accounts, schedules, transfers

app_name = "banking"
urlpatterns = [
    path("cuentas/", accounts.account_list, name="accounts"),
    path("cuentas/nueva/", accounts.open_account, name="open"),
    path("cuentas/<slug:number>/", accounts.account, name="account"),
    path("cuentas/<slug:number>/alias/", accounts.rename_account, name="rename"),
    path("cuentas/<slug:number>/principal/", accounts.make_default, name="make_default"),
    path("cuentas/<slug:number>/cerrar/", accounts.close_account, name="close"),
    path("cuentas/<slug:number>/movimientos/<uuid:transaction_id>/", accounts.movement, name="movement"),
    path("transferencias/", transfers.history, name="transfers"),
    path("transferencias/nueva/", transfers.new_transfer, name="new_transfer"),
    path("transferencias/<uuid:transaction_id>/", transfers.receipt, name="receipt"),
    path("transferencias/programadas/", schedules.schedule_list, name="schedules"),
    path("transferencias/programadas/nueva/", schedules.new_schedule, name="new_schedule"),
    path("transferencias/programadas/<uuid:schedule_id>/", schedules.schedule, name="schedule"),
    path("transferencias/programadas/<uuid:schedule_id>/pausar/", schedules.pause, name="pause_schedule"),
    path("transferencias/programadas/<uuid:schedule_id>/reanudar/", schedules.resume, name="resume_schedule"),
    path("transferencias/programadas/<uuid:schedule_id>/cancelar/", schedules.cancel, name="cancel_schedule"),
]
