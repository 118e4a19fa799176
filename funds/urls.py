from __future__ import annotations

from django.urls import path

from funds import views

app_name = "funds"
urlpatterns = [
    path("fondos/", views.fund_list, name="list"),
    path("fondos/<int:fund_id>/suscribir/", views.subscribe, name="subscribe"),
    path("suscripciones/<uuid:subscription_id>/cancelar/", views.cancel, name="cancel"),
    path("historial/", views.history, name="history"),
    path("comprobantes/<uuid:transaction_id>/", views.receipt, name="receipt"),
]
