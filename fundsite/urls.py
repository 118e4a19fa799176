"""Every address of the product. Pages have Spanish paths; the API is in `fundsite.api_urls`."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from allauth.account.views import LogoutView
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from fundsite import api_docs, errors, views
from fundsite.health import healthz

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error

# One door for signing in, whoever comes and wherever they go.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", views.landing, name="landing"),
    path("panel/", views.dashboard, name="dashboard"),
    path("preferencias/tema/", views.set_theme, name="set_theme"),
    path("preferencias/idioma/", views.set_language, name="set_language"),
    path("", include("accounts.identity_urls")),
    path("admin/logout/", LogoutView.as_view()),
    path("admin/", admin.site.urls),
    path("", include("accounts.company_urls")),
    path("", include("accounts.client_urls")),
    path("", include("accounts.user_urls")),
    path("", include("banking.urls")),
    path("", include("banking.staff_urls")),
    path("", include("banking.statement_urls")),
    path("", include("banking.report_urls")),
    path("", include("funds.urls")),
    path("", include("notifications.urls")),
    path("operacion/", include("fundsite.operations.urls")),
    # What people type by heart leads to the first page of the room.
    path("directorio/", RedirectView.as_view(pattern_name="clients:list")),
    path("operacion/", RedirectView.as_view(pattern_name="operations:pipeline")),
    path("reportes/", RedirectView.as_view(pattern_name="reports:transactions")),
    path("api/v1/", include("fundsite.api_urls")),
    path("", include("fundsite.compat")),
    path("openapi.json", api_docs.OpenApiView.as_view(), name="openapi"),
    path("docs", api_docs.DocsView.as_view(), name="docs"),
    path("redoc", api_docs.ReferenceView.as_view(), name="redoc"),
    path("redoc/bundle.js", api_docs.redoc_bundle, name="redoc_bundle"),
    path("healthz", healthz, name="healthz"),
]
