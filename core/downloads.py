"""Endpoints that answer with JSON or, by `?format=` or `Accept`, with a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import OrjsonRenderer
from core.endpoint import Endpoint
from core.errors import InvalidInput
from core.tables import CSV_TYPE, JSONL_TYPE, XLSX_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable

PDF_TYPE = "application/pdf"
JSON = "json"
_TYPES = {"csv": CSV_TYPE.partition(";")[0], "xlsx": XLSX_TYPE, "jsonl": JSONL_TYPE, "pdf": PDF_TYPE}


class CsvRenderer(OrjsonRenderer):
    """Lets `Accept: text/csv` in; the view makes the file. Problems are JSON whatever was asked for."""

    media_type = _TYPES["csv"]
    format = "csv"


class XlsxRenderer(CsvRenderer):
    media_type = _TYPES["xlsx"]
    format = "xlsx"


class JsonLinesRenderer(CsvRenderer):
    media_type = _TYPES["jsonl"]
    format = "jsonl"


class PdfRenderer(CsvRenderer):
    media_type = _TYPES["pdf"]
    format = "pdf"


class DownloadEndpoint(Endpoint):
    """`wanted_format` says what to answer with: `json`, or one of the formats that `renderer_classes` let in."""

    renderer_classes: Sequence[type[BaseRenderer]] = (
        OrjsonRenderer,
        BrowsableAPIRenderer,
        CsvRenderer,
        XlsxRenderer,
        JsonLinesRenderer,
    )

    def wanted_format(self, request: Request) -> str:
        """Raises `InvalidInput` for a `?format=` that there is none of."""
        offered = {renderer.format for renderer in self.renderer_classes} - {BrowsableAPIRenderer.format}
        asked = request.query_params.get("format") or getattr(request.accepted_renderer, "format", JSON)
        if asked == BrowsableAPIRenderer.format:
            return JSON
        if asked not in offered:
            raise InvalidInput({"format": [str(_("Los formatos son: %s.")) % ", ".join(sorted(offered))]})
        return asked

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(getattr(self.request, "accepted_renderer", None), CsvRenderer):
            self.request.accepted_renderer = OrjsonRenderer()
            self.request.accepted_media_type = OrjsonRenderer.media_type
        return super().handle_exception(exc)


def format_parameter(*formats: str) -> OpenApiParameter:
    """`?format=`; without it `Accept` decides, and JSON is what there is for whoever says neither."""
    return OpenApiParameter(
        "format",
        OpenApiTypes.STR,
        OpenApiParameter.QUERY,
        enum=[JSON, *formats],
        description=_("Cómo responder: JSON, o un archivo con todas las filas. También se elige con Accept."),
    )


def files(formats: Iterable[str]) -> Mapping[tuple[int, str], OpenApiResponse]:
    """What an operation's description says of the files it answers with."""
    told = OpenApiResponse(OpenApiTypes.BINARY, _("El archivo."))
    return {(200, _TYPES[one]): told for one in formats}


def bytes_response(content: bytes, file_name: str, content_type: str) -> HttpResponse:
    """A file to keep, all of it at hand; `file_name` is ASCII."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    response["Cache-Control"] = "no-store"
    return response


FORMATS: Sequence[str] = ("csv", "xlsx", "jsonl")
