"""Addresses that clients of older systems call, beside our own: the same views, never copies.

Everything under `/api/v1/` answers under `/api/` as well, and OAuth2's form signs in at three addresses. The API's
description shows `/api/v1/` alone.
"""

from __future__ import annotations

from collections.abc import Callable

from django.urls import include, path

from accounts.api.token import TokenView

VERSIONED = "/api/v1/"

FORM_LOGINS = [
    path("auth/token", TokenView.as_view(), name="auth_token"),
    path("token", TokenView.as_view(), name="token"),
]
urlpatterns = [
    path("api/v1/", include((FORM_LOGINS, "form_logins"))),
    path("api/", include((FORM_LOGINS, "form_logins"), namespace="unversioned_form_logins")),
    path("api/", include("fundsite.api_urls", namespace="unversioned_api")),
]

Endpoint = tuple[str, str, str, Callable[..., object]]


def only_versioned(endpoints: list[Endpoint]) -> list[Endpoint]:
    """What drf-spectacular describes: each route once."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(VERSIONED)]
