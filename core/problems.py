"""Errors of the API in one shape: `application/problem+json` (RFC 9457).

`type` is `urn:fundsite:problem:<code>`, `title` and `detail` are for people in the language asked for, `code` for
programs, and `errors` lists messages per field of the request where some are at fault.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TypedDict

import orjson
from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from drf_standardized_errors.types import ErrorResponse, ExceptionHandlerContext
from rest_framework import exceptions
from rest_framework.response import Response

from core.errors import CHALLENGE, DomainError

MEDIA_TYPE = "application/problem+json"

TITLES: dict[int, str | Promise] = {
    400: gettext_lazy("Solicitud no válida"),
    401: gettext_lazy("Sin autenticar"),
    403: gettext_lazy("Prohibido"),
    404: gettext_lazy("No encontrado"),
    405: gettext_lazy("Método no permitido"),
    406: gettext_lazy("Formato no disponible"),
    409: gettext_lazy("Conflicto"),
    411: gettext_lazy("Falta la longitud de la solicitud"),
    413: gettext_lazy("Solicitud demasiado grande"),
    415: gettext_lazy("Tipo de contenido no admitido"),
    422: gettext_lazy("Solicitud incompatible"),
    429: gettext_lazy("Demasiados intentos"),
    500: gettext_lazy("Error interno"),
    503: gettext_lazy("Servicio no disponible por ahora"),
}


class Problem(TypedDict, total=False):
    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: dict[str, list[str]]


def problem(status: int, code: str, detail: str, errors: dict[str, list[str]] | None = None) -> Problem:
    title = str(TITLES.get(status) or HTTPStatus(status).phrase)
    body = Problem(type=f"urn:fundsite:problem:{code}", title=title, status=status, detail=detail, code=code)
    if errors:
        body["errors"] = errors
    return body


def problem_response(status: int, code: str, detail: str) -> HttpResponse:
    """For refusals outside any API view: an unknown address, an unexpected failure."""
    return HttpResponse(orjson.dumps(problem(status, code, detail)), status=status, content_type=MEDIA_TYPE)


class Refused(exceptions.APIException):
    """A `DomainError` on its way through REST framework."""

    def __init__(self, refusal: DomainError) -> None:
        super().__init__(str(refusal), refusal.code)
        self.refusal = refusal
        self.status_code = refusal.status
        self.wait: int | None = getattr(refusal, "retry_after", None)
        if refusal.status == HTTPStatus.UNAUTHORIZED:
            self.auth_header = CHALLENGE

    def errors(self) -> dict[str, list[str]] | None:
        """Messages per field: the refusal's own list of them, or its one message beside its one field."""
        listed: dict[str, list[str]] | None = getattr(self.refusal, "errors", None)
        if listed is None and self.refusal.field:
            return {self.refusal.field: [str(self.refusal)]}
        return listed


class ProblemFormatter(ExceptionFormatter):
    def format_error_response(self, error_response: ErrorResponse) -> Problem:
        status = self.exc.status_code
        first = error_response.errors[0]
        if isinstance(self.exc, Refused):
            return problem(status, first.code, first.detail, self.exc.errors())
        if isinstance(self.exc, exceptions.ValidationError):
            errors: dict[str, list[str]] = {}
            for error in error_response.errors:
                errors.setdefault(error.attr or "non_field_errors", []).append(error.detail)
            detail = first.detail if len(error_response.errors) == 1 else _("Revise los datos enviados.")
            code = first.code if len(error_response.errors) == 1 else "invalid"
            return problem(status, code, detail, errors)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return problem(status, "internal_error", _("Tuvimos un problema. Nada cambió; vuelva a intentarlo."))
        return problem(status, first.code, first.detail)


class ProblemHandler(ExceptionHandler):
    def convert_known_exceptions(self, exc: Exception) -> Exception:
        return Refused(exc) if isinstance(exc, DomainError) else super().convert_known_exceptions(exc)

    def format_exception(self, exc: exceptions.APIException) -> Problem:  # type: ignore[override]
        formatted: Problem = ProblemFormatter(exc, self.context, self.exc).run()
        return formatted

    def get_response(self, exc: exceptions.APIException, data: Problem) -> Response:  # type: ignore[override]
        response = super().get_response(exc, data)  # type: ignore[arg-type]
        request = self.context["request"]
        renderer = getattr(request, "accepted_renderer", None)
        if renderer is None or renderer.format == "json":
            response.content_type = MEDIA_TYPE
        return response


def exception_handler(exc: Exception, context: ExceptionHandlerContext) -> Response | None:
    return ProblemHandler(exc, context).run()
