"""The API's description and the two pages that show it.

Both pages live under the site's own content security policy; ReDoc gets the three exceptions that it cannot do without.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularRedocView, SpectacularSwaggerSplitView

REDOC = "drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js"
REDOC_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg"
REDOC_POLICY = {
    "style-src": [
        SELF,
        "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",  # styled-components' empty element, filled by script
        "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",  # its scroll bars
    ],
    "worker-src": [SELF, "blob:"],  # its search
}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.TokenAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class OpenApiView(SpectacularJSONAPIView):
    """`/openapi.json`."""


class DocsView(SpectacularSwaggerSplitView):
    url_name = "openapi"
    template_name = "fundsite/api_docs.html"


@method_decorator(csp_update(REDOC_POLICY), name="dispatch")
class ReferenceView(SpectacularRedocView):
    url_name = "openapi"
    template_name = "fundsite/api_reference.html"


@require_safe
@cache_control(public=True, max_age=3600)
def redoc_bundle(request: HttpRequest) -> HttpResponse:
    """ReDoc as it comes, but for the one picture that it would fetch from somebody else's server."""
    return HttpResponse(_redoc(static("img/logo.svg")), content_type="text/javascript; charset=utf-8")


@lru_cache(maxsize=1)
def _redoc(logo: str) -> bytes:
    found = finders.find(REDOC)
    assert isinstance(found, str)
    return Path(found).read_bytes().replace(REDOC_LOGO.encode(), logo.encode())
