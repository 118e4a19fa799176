from __future__ import annotations

from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.views import APIView

from core.errors import DomainError


class LengthRequired(DomainError):
    code = "length_required"
    status = 411
    message = _("Envíe la solicitud con la cabecera Content-Length.")


class Endpoint(APIView):
    """A view of the API. Answers belong to whoever asked: no cache keeps them."""

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        # WSGI reads no body without its length; better to say so than to find every field missing.
        if "Transfer-Encoding" in request.headers and not request.headers.get("Content-Length"):
            raise LengthRequired

    def finalize_response(  # type: ignore[override] # a view may answer with any response
        self, request: Request, response: HttpResponseBase, *args: object, **kwargs: object
    ) -> HttpResponseBase:
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[arg-type]
        response.headers.setdefault("Cache-Control", "no-store")
        return response
