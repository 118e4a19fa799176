"""Pages that look across rooms, and the visitor's own preferences."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import signed_in
from accounts.queries.clients import NotAClient, client_of
from accounts.services.users import update_profile
from banking.queries.accounts import accounts_of
from core.charts import Share, compact_money, composition, donut
from funds import queries
from fundsite.context_processors import THEME_COOKIE, THEMES

A_YEAR = 365 * 24 * 3600
LAST_MOVEMENTS = 5


@require_GET
def landing(request: HttpRequest) -> HttpResponse:
    return render(request, "fundsite/landing.html", {"funds": queries.funds_on_offer()})


@login_required
@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    """What a client has, at a glance. Staff hold no money: they are sent to their own desk."""
    try:
        client = client_of(signed_in(request).pk)
    except NotAClient:
        return redirect("admin:index")
    portfolio = queries.portfolio(client.pk)
    shares = [Share(share.fund_name, share.amount) for share in portfolio.by_fund]
    context = {
        "portfolio": portfolio,
        "accounts": accounts_of(client.pk, closed=False),
        "composition_chart": donut(
            shares,
            total_label=compact_money(portfolio.invested, portfolio.currency),
            title=_("Composición de sus inversiones"),
            caption=_("invertido"),
        )
        if shares
        else None,
        "composition_rows": composition(shares),
        "movements": queries.history(client.pk, limit=LAST_MOVEMENTS).rows,
        "subscriptions": queries.active_subscriptions(client.pk),
        "today": timezone.localtime(),
    }
    return render(request, "fundsite/dashboard.html", context)


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    response = redirect(_where_from(request))
    theme = request.POST.get("theme")
    if theme in THEMES:
        _remember(response, THEME_COOKIE, theme)
    else:
        response.delete_cookie(THEME_COOKIE)
    return response


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    response = redirect(_where_from(request))
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        _remember(response, settings.LANGUAGE_COOKIE_NAME, language)
        if request.user.is_authenticated:  # what they are told by mail is in the language they read pages in
            update_profile(user_id=signed_in(request).pk, changes={"language": language})
    return response


def _remember(response: HttpResponse, cookie: str, value: str) -> None:
    response.set_cookie(
        cookie, value, max_age=A_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE, httponly=True
    )


def _where_from(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else "/"
