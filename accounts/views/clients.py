"""The directory's pages of clients. Each parses, calls one service or query, and renders."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import tax_ids
from accounts.access import staff
from accounts.forms.clients import PAGE_SIZE, ClientFilterForm, ClientForm
from accounts.models import Role, User
from accounts.queries import clients as queries
from accounts.queries.clients import COUNTED_AT_MOST, ClientPage
from accounts.services import clients as services
from core.errors import DomainError
from core.forms import querystring, show_refusal
from ledger.names import account_kind


@login_required
@require_GET
def client_list(request: HttpRequest) -> HttpResponse:
    asker = staff(request)
    form = ClientFilterForm(request.GET)
    found, page = ClientPage([], 0), 1
    if form.is_valid():
        page = form.cleaned_data["page"] or 1
        found = queries.clients(skip=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE, **form.wanted)  # type: ignore[arg-type]
    more = len(found.rows) == PAGE_SIZE and page * PAGE_SIZE < found.total
    context = {
        "clients": found.rows,
        "total": found.total,
        "at_least": found.total == COUNTED_AT_MOST,
        "filter_form": form,
        "querystring": querystring(form, request.GET),
        "previous_page": page - 1,
        "next_page": page + 1 if more else None,
        "can_edit": _can_edit(asker),
    }
    return render(request, "accounts/clients/list.html", context, status=400 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_client(request: HttpRequest) -> HttpResponse:
    asker = staff(request, at_least=Role.SUPPORT)
    form = ClientForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            client = services.create_client(actor_id=asker.pk, wanted=form.changes())
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Cliente creado. Su cuenta de efectivo está abierta y vacía."))
            return redirect("clients:client", client.pk)
    return render(request, "accounts/clients/edit.html", {"form": form}, status=400 if form.errors else 200)


@login_required
@require_GET
def client_page(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    asker = staff(request)
    client = queries.client(client_id)
    accounts = [{"account": account, "kind": account_kind(account.kind)} for account in queries.accounts_of(client.pk)]
    warnings = tax_ids.warnings(client.tax_id_kind, client.tax_id, verified=client.tax_id_verified)
    context = {"client": client, "accounts": accounts, "warnings": warnings, "can_edit": _can_edit(asker)}
    return render(request, "accounts/clients/client.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_client(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    asker = staff(request, at_least=Role.SUPPORT)
    client = queries.client(client_id)
    form = ClientForm(request.POST if request.method == "POST" else None, initial=ClientForm.values_of(client))
    if form.is_valid():
        try:
            services.update_client(client_id=client_id, actor_id=asker.pk, changes=form.changes())
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Cambios guardados."))
            return redirect("clients:client", client_id)
    context = {"form": form, "client": client}
    return render(request, "accounts/clients/edit.html", context, status=400 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def deactivate_client(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    return _change_standing(request, client_id, active=False)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reactivate_client(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    return _change_standing(request, client_id, active=True)


def _change_standing(request: HttpRequest, client_id: uuid.UUID, *, active: bool) -> HttpResponse:
    """Asks before a client is let go or taken back; there is nothing to ask of one who is already."""
    asker = staff(request, at_least=Role.SUPPORT)
    client = queries.client(client_id)
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            services.update_client(client_id=client_id, actor_id=asker.pk, changes={"is_active": active})
        except DomainError as caught:
            refusal = caught
        else:
            messages.success(request, _("Cliente reactivado.") if active else _("Cliente desactivado."))
            return redirect("clients:client", client_id)
    if client.is_active == active:
        return redirect("clients:client", client_id)
    context = {"client": client, "refusal": refusal}
    template = "accounts/clients/reactivate.html" if active else "accounts/clients/deactivate.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


def _can_edit(asker: User) -> bool:
    return Role(asker.role).reaches(Role.SUPPORT)
