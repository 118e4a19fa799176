"""The API, version 1. Routes are written without the slash at their end; a middleware lets both answer."""

from __future__ import annotations

from django.urls import include, path

app_name = "api"
urlpatterns = [
    path("", include("accounts.api_urls")),
    path("", include("banking.api_urls")),
    path("", include("banking.statement_api_urls")),
    path("", include("funds.api_urls")),
    path("", include("notifications.api_urls")),
    path("", include("fundsite.operations.api_urls")),
]
