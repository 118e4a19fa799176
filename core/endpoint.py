from __future__ import annotations

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.views import APIView


class Endpoint(APIView):
    """A view of the API. Answers belong to whoever asked: no cache keeps them."""

    def finalize_response(  # type: ignore[override] # a view may answer with any response
        self, request: Request, response: HttpResponseBase, *args: object, **kwargs: object
    ) -> HttpResponseBase:
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[arg-type]
        response.headers.setdefault("Cache-Control", "no-store")
        return response
