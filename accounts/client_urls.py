from __future__ import annotations

from django.urls import path

from accounts.views import clients

app_name = "clients"
urlpatterns = [
    path("directorio/clientes/", clients.client_list, name="list"),
    path("directorio/clientes/nuevo/", clients.new_client, name="new"),
    path("directorio/clientes/<uuid:client_id>/", clients.client_page, name="client"),
    path("directorio/clientes/<uuid:client_id>/editar/", clients.edit_client, name="edit"),
    path("directorio/clientes/<uuid:client_id>/desactivar/", clients.deactivate_client, name="deactivate"),
    path("directorio/clientes/<uuid:client_id>/reactivar/", clients.reactivate_client, name="reactivate"),
]
