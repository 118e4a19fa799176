from __future__ import annotations

from django.urls import path

from banking.views import documents, statements

app_name = "statements"
urlpatterns = [
    path("cuentas/<str:number>/extracto/", statements.statement, name="statement"),
    path("cuentas/<str:number>/extracto/<str:file_format>/", statements.statement_file, name="file"),
    path("verificar/", documents.verify, name="verify"),
    path("verificar/<str:code>/", documents.document, name="document"),
]
