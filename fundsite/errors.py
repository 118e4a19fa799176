"""Answers of last resort, for pages and for the API."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core.problems import problem_response


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem_response(404, "not_found", _("No encontramos lo que busca."))
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Said without the database and without knowing who asks: either may be what failed."""
    if request.path.startswith("/api/"):
        return problem_response(500, "internal_error", _("Tuvimos un problema. Nada cambió; vuelva a intentarlo."))
    return render(None, "500.html", status=500)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem_response(403, "forbidden", _("No tiene permiso para hacer esto."))
    return render(request, "403.html", status=403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem_response(400, "bad_request", _("No entendimos la solicitud."))
    return render(None, "400.html", status=400)
