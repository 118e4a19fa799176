"""What staff see of accounts and transactions, and do to them. Each page parses, calls one thing, and renders."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import staff
from accounts.forms.reasons import ReasonForm
from accounts.models import Role, User
from accounts.queries.clients import client as client_for_staff
from banking.forms.staff import FreezeForm, ReverseForm
from banking.queries.accounts import any_account
from banking.queries.movements import movements_of
from banking.queries.transactions import BookedTransaction, booked_transaction
from banking.services import staff as services
from core.errors import DomainError
from core.forms import show_refusal
from core.ids import uuid7
from ledger.models import AccountState
from ledger.services import WrongState

READ_OR_SEND = ["GET", "HEAD", "POST"]


@login_required
@require_GET
def account(request: HttpRequest, number: str) -> HttpResponse:
    asker, found = staff(request), any_account(number)
    cursor = request.GET.get("cursor")
    context = {
        "account": found,
        "holder": client_for_staff(found.client_id),
        "page": movements_of(found, cursor=cursor),
        "is_first_page": not cursor,
        "can_freeze": _reaches(asker, Role.SUPPORT) and found.state != AccountState.CLOSED,
    }
    return render(request, "banking/staff/account.html", context)


@login_required
@require_http_methods(READ_OR_SEND)
def freeze(request: HttpRequest, number: str) -> HttpResponse:
    """Freezes, or changes what may come into an account that is frozen. A second click finds it done."""
    asker, found = staff(request, at_least=Role.SUPPORT), any_account(number)
    initial = {"credits_allowed": "true" if found.frozen_credits else "false"}
    form = FreezeForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        wanted = form.cleaned_data
        try:
            services.freeze_account(number=number, actor_id=asker.pk, **wanted)
        except WrongState as refusal:
            now = any_account(number)
            if now.state == AccountState.FROZEN and now.frozen_credits == wanted["credits_allowed"]:
                return redirect("staff:account", number)
            show_refusal(form, refusal)
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Cuenta congelada."))
            return redirect("staff:account", number)
    context = {"account": found, "holder": client_for_staff(found.client_id), "form": form}
    return render(request, "banking/staff/freeze.html", context, status=400 if form.errors else 200)


@login_required
@require_http_methods(READ_OR_SEND)
def unfreeze(request: HttpRequest, number: str) -> HttpResponse:
    asker, found = staff(request, at_least=Role.SUPPORT), any_account(number)
    if found.state != AccountState.FROZEN:
        return redirect("staff:account", number)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.unfreeze_account(number=number, actor_id=asker.pk, **form.cleaned_data)
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Cuenta descongelada."))
            return redirect("staff:account", number)
    context = {"account": found, "holder": client_for_staff(found.client_id), "form": form, "unfreezing": True}
    return render(request, "banking/staff/freeze.html", context, status=400 if form.errors else 200)


@login_required
@require_GET
def transaction(request: HttpRequest, transaction_id: uuid.UUID) -> HttpResponse:
    asker, found = staff(request), booked_transaction(transaction_id)
    can_reverse = _reaches(asker, Role.ADMIN) and not found.reversed_by
    return render(request, "banking/staff/transaction.html", {"transaction": found, "can_reverse": can_reverse})


@login_required
@require_http_methods(READ_OR_SEND)
def reverse(request: HttpRequest, transaction_id: uuid.UUID) -> HttpResponse:
    """Shows what a reversal would do, by doing and undoing it, and asks why; POST does it, once."""
    asker, found = staff(request, at_least=Role.ADMIN), booked_transaction(transaction_id)
    form = ReverseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = services.reverse_transaction(transaction_id=transaction_id, actor_id=asker.pk, **form.cleaned_data)
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Transacción revertida."))
            return redirect("staff:transaction", made.id)
    mirror: BookedTransaction | None = None
    refused: DomainError | None = None
    try:
        mirror = services.preview_reversal(transaction_id=transaction_id, actor_id=asker.pk)
    except DomainError as refusal:
        refused = refusal
    context = {
        "transaction": found,
        "mirror": mirror,
        "refused": refused,
        "form": form,
        "idempotency_key": request.POST.get("idempotency_key") or uuid7(),
    }
    status = refused.status if refused else 400 if form.errors else 200
    return render(request, "banking/staff/reverse.html", context, status=status)


def _reaches(asker: User, role: Role) -> bool:
    return Role(asker.role).reaches(role)
