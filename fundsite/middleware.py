"""What happens to every request before and after its view."""

from __future__ import annotations

import contextlib
import re
import time
import uuid
from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import get_supported_language_variant, parse_accept_lang_header

from accounts.models import User
from core import replicas, request_context
from core.errors import DomainError, NotFound, TooManyRequests
from fundsite.errors import not_found

Handler = Callable[[HttpRequest], HttpResponseBase]
access_log = structlog.get_logger("access")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
_REQUEST_ID = re.compile(r"[\w.-]{8,64}", re.ASCII)


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def client_address(request: HttpRequest) -> str:
    """The peer's address, or the one that the outermost of our own proxies saw.

    Only as many hops of `X-Forwarded-For` are believed as there are proxies of ours; the rest is what a client claims.
    """
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    trusted: int = settings.TRUSTED_PROXIES
    if trusted and len(hops) >= trusted:
        return hops[-trusted]
    return str(request.META.get("REMOTE_ADDR", ""))


class RequestContextMiddleware:
    """Gives the request its id and address, and writes its line of the access log."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        offered = request.headers.get("X-Request-ID", "")
        request_id = offered if _REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex
        request.META["REMOTE_ADDR"] = client_address(request)
        context = request_context.RequestContext(
            request_id, request.META["REMOTE_ADDR"], request.path, ask_role=partial(_role, request)
        )
        structlog.contextvars.clear_contextvars()
        replicas.forget_source()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        with request_context.bound(context):
            response = self.get_response(request)
        user_id = _user_id(request)
        if user_id and request.method not in SAFE_METHODS:
            replicas.wrote(user_id)
        response["X-Request-ID"] = request_id
        access_log.info(
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            duration_ms=round((time.perf_counter() - started) * 1000, 1),
            user_id=user_id,
            ip=context.ip,
            **({"read_from": source} if (source := replicas.last_source()) else {}),
        )
        return response


def _user_id(request: HttpRequest) -> str | None:
    """Whoever the view found out, without looking anybody up for the log's sake."""
    caller = getattr(request, "caller_id", None)
    if caller is None and "user" in request.__dict__ and request.user.is_authenticated:
        caller = request.user.pk
    return str(caller) if caller else None


def _role(request: HttpRequest) -> str:
    """That of whoever is signed in on the pages. Calls of the API say by themselves who makes them."""
    user = getattr(request, "user", None)
    return user.role if isinstance(user, User) and not is_api(request) else ""


class OptionalTrailingSlashMiddleware:
    """Lets every API route answer with and without the slash at its end; routes are written without."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_api(request) and request.path_info.endswith("/"):
            request.path_info = request.path_info.rstrip("/")
        return self.get_response(request)


class LanguageMiddleware:
    """Pages speak the language chosen on them, Spanish otherwise; the API the one that `Accept-Language` asks for."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_api(request):
            language = _asked_for(request.headers.get("Accept-Language", ""))
        else:
            language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        with translation.override(language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        patch_vary_headers(response, ["Accept-Language" if is_api(request) else "Cookie"])
        return response


def _asked_for(header: str) -> str | None:
    """The first language of an `Accept-Language` that we speak; a cookie of the pages has no say here."""
    for code, _quality in parse_accept_lang_header(header.lower()):
        with contextlib.suppress(LookupError):
            return get_supported_language_variant(code)
    return None


class TimeZoneMiddleware:
    """Pages show moments, and count days, by the clock of the client who reads them: everything else by the house's."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with timezone.override(_zone(request)):
            return self.get_response(request)


def _zone(request: HttpRequest) -> ZoneInfo | None:
    client = None if is_api(request) else getattr(request.user, "client", None)
    return ZoneInfo(client.time_zone) if client else None


class RefusalMiddleware:
    """Shows a page for a refusal that no form of the view could show."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        match exception:
            case TooManyRequests():
                response = render(request, "429.html", {"retry_after": exception.retry_after}, status=429)
                response["Retry-After"] = str(exception.retry_after)
                return response
            case NotFound():
                return not_found(request, exception)
            case DomainError():
                return render(request, "refused.html", {"refusal": exception}, status=exception.status)
        return None
