from __future__ import annotations

from django.urls import path

from accounts.views import companies

app_name = "companies"
urlpatterns = [
    path("empresas/", companies.company_list, name="list"),
    path("empresas/nueva/", companies.create, name="create"),
    path("empresas/<slug:slug>/editar/", companies.edit, name="edit"),
    path("empresas/<slug:slug>/eliminar/", companies.delete, name="delete"),
]
