"""A client's accounts. Each page parses, calls one service or query, and renders."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import signed_in
from accounts.queries.clients import client_of
from banking.forms.accounts import AliasForm, NewAccountForm
from banking.queries import accounts as queries
from banking.queries.movements import movement_for, movements_of
from banking.services import accounts as services
from core.errors import DomainError
from core.forms import show_refusal
from core.ids import uuid7
from ledger.models import AccountState

READ_OR_SEND = ["GET", "HEAD", "POST"]


@login_required
@require_GET
def account_list(request: HttpRequest) -> HttpResponse:
    client = client_of(signed_in(request).pk)
    found = queries.accounts_of(client.pk)
    standing = [account for account in found if account.state != AccountState.CLOSED]
    context = {
        "accounts": standing,
        "closed": [account for account in found if account.state == AccountState.CLOSED],
        "can_open": len(standing) < settings.ACCOUNTS_PER_CLIENT,
        "most": settings.ACCOUNTS_PER_CLIENT,
    }
    return render(request, "banking/accounts/list.html", context)


@login_required
@require_GET
def account(request: HttpRequest, number: str) -> HttpResponse:
    client = client_of(signed_in(request).pk)
    found = queries.account_for(client.pk, number)
    cursor = request.GET.get("cursor")
    page = movements_of(found, cursor=cursor)
    context = {"account": found, "page": page, "is_first_page": not cursor}
    return render(request, "banking/accounts/account.html", context)


@login_required
@require_GET
def movement(request: HttpRequest, number: str, transaction_id: uuid.UUID) -> HttpResponse:
    """The receipt of whatever moved an account."""
    client = client_of(signed_in(request).pk)
    found = queries.account_for(client.pk, number)
    context = {"account": found, "movement": movement_for(found, transaction_id)}
    return render(request, "banking/accounts/movement.html", context)


@login_required
@require_http_methods(READ_OR_SEND)
def open_account(request: HttpRequest) -> HttpResponse:
    client = client_of(signed_in(request).pk)
    form = NewAccountForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            opened = services.open_account(client_id=client.pk, actor_id=signed_in(request).pk, **form.cleaned_data)
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Cuenta abierta."))
            return redirect("banking:account", opened.number)
    context = {"form": form, "idempotency_key": request.POST.get("idempotency_key") or uuid7()}
    return render(request, "banking/accounts/open.html", context, status=400 if form.errors else 200)


@login_required
@require_http_methods(READ_OR_SEND)
def rename_account(request: HttpRequest, number: str) -> HttpResponse:
    client = client_of(signed_in(request).pk)
    found = queries.account_for(client.pk, number)
    form = AliasForm(request.POST if request.method == "POST" else None, initial={"alias": found.alias})
    if form.is_valid():
        alias: str = form.cleaned_data["alias"]
        try:
            services.rename_account(client_id=client.pk, number=number, alias=alias, actor_id=signed_in(request).pk)
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Cambios guardados."))
            return redirect("banking:account", number)
    context = {"form": form, "account": found}
    return render(request, "banking/accounts/rename.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def make_default(request: HttpRequest, number: str) -> HttpResponse:
    client = client_of(signed_in(request).pk)
    services.set_default_account(client_id=client.pk, number=number, actor_id=signed_in(request).pk)
    messages.success(request, _("Esta es ahora su cuenta principal: de ella salen las suscripciones a los fondos."))
    return redirect("banking:account", number)


@login_required
@require_http_methods(READ_OR_SEND)
def close_account(request: HttpRequest, number: str) -> HttpResponse:
    """Asks first; there is nothing to ask about one that is closed already."""
    client = client_of(signed_in(request).pk)
    found = queries.account_for(client.pk, number)
    if found.state == AccountState.CLOSED:
        return redirect("banking:account", number)
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            services.close_account(client_id=client.pk, number=number, actor_id=signed_in(request).pk)
        except DomainError as caught:
            refusal = caught
        else:
            messages.success(request, _("Cuenta cerrada."))
            return redirect("banking:accounts")
    context = {"account": found, "refusal": refusal}
    return render(request, "banking/accounts/close.html", context, status=refusal.status if refusal else 200)
