"""Making a transfer, and looking at those made. Each page parses, calls one service or query, and renders."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import TypeVar

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import signed_in
from accounts.models import Client
from accounts.queries.clients import client_of
from banking.forms.transfers import ConfirmTransferForm, TransferForm
from banking.queries import accounts, transfers
from banking.queries.transfers import Direction, Receipt, Wanted
from banking.services import transfers as services
from core import rate_limits
from core.errors import DomainError
from core.forms import show_refusal
from core.ids import receipt_number, uuid7
from core.money import InvalidAmount, parse_amount, plain_amount

Form = TypeVar("Form", bound=TransferForm)
FIRST_STEP = ("source", "target", "amount", "memo")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_transfer(request: HttpRequest) -> HttpResponse:
    """Two steps: GET with an amount shows what would happen, POST makes it happen.

    The second step's address carries its idempotency key, made with the first: Back and a reload bring the same key.
    """
    client = client_of(signed_in(request).pk)
    own = accounts.accounts_of(client.pk, closed=False)
    if request.method == "POST":
        return _confirm(request, client, own)
    asked = {name: request.GET[name] for name in FIRST_STEP if name in request.GET}
    form = TransferForm(own, asked) if "amount" in asked else TransferForm(own, initial=asked)
    preview = None
    if form.is_valid():
        rate_limits.count(request, group="transfer_preview", rate=settings.TRANSFER_PREVIEWS_PER_ADDRESS)
        try:
            preview = services.preview_transfer(
                client_id=client.pk, actor_id=signed_in(request).pk, **form.cleaned_data
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
    return _page(request, own, form, preview)


def _confirm(request: HttpRequest, client: Client, own: list[accounts.BankAccount]) -> HttpResponse:
    form = ConfirmTransferForm(request.POST)
    if form.is_valid():
        rate_limits.count(request, group="transfer", rate=settings.TRANSFERS_PER_ADDRESS)
        try:
            made = services.transfer(client_id=client.pk, actor_id=signed_in(request).pk, **form.cleaned_data)
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Transferencia realizada."))
            return redirect("banking:receipt", made.transaction_id)
    return _page(request, own, first_step_again(TransferForm, own, form), None)


def first_step_again(kind: type[Form], own: list[accounts.BankAccount], refused: BaseForm) -> Form:
    """The first step with what was sent, the amount as people write it, and what was wrong with the second."""
    sent = {name: refused.data.get(name, "") for name in refused.fields}
    with suppress(InvalidAmount):  # not from `cleaned_data`, which loses what a refusal was about
        sent["amount"] = plain_amount(parse_amount(sent["amount"]))
    form = kind(own, sent)
    form.is_valid()
    for field, errors in refused.errors.items():
        if not form.has_error(field):
            form.add_error(field if field in form.fields else None, errors)
    return form


def _page(
    request: HttpRequest, own: list[accounts.BankAccount], form: TransferForm, preview: Receipt | None
) -> HttpResponse:
    by_number = {account.number: account for account in own}
    context = {
        "form": form,
        "own": own,
        "preview": preview,
        "source": by_number.get(preview.source) if preview else None,
        "target": by_number.get(preview.target) if preview else None,
        "idempotency_key": request.GET.get("key") or uuid7(),
        "next_key": uuid7(),
    }
    return render(request, "banking/transfers/new.html", context, status=400 if form.errors else 200)


@login_required
@require_GET
def history(request: HttpRequest) -> HttpResponse:
    client = client_of(signed_in(request).pk)
    asked, cursor = request.GET.get("direction", ""), request.GET.get("cursor")
    wanted = Wanted(asked) if asked in Wanted.values else Wanted.ALL
    context = {
        "page": transfers.transfers_of(client.pk, direction=wanted, cursor=cursor),
        "wanted": wanted,
        "choices": Wanted.choices,
        "querystring": "" if wanted == Wanted.ALL else f"direction={wanted}",
        "is_first_page": not cursor,
    }
    return render(request, "banking/transfers/history.html", context)


@login_required
@require_GET
def receipt(request: HttpRequest, transaction_id: uuid.UUID) -> HttpResponse:
    client = client_of(signed_in(request).pk)
    found = transfers.transfer_for(client.pk, transaction_id)
    context = {
        "receipt": found,
        "own_number": found.target if found.direction == Direction.RECEIVED else found.source,
        "reversed_by_number": receipt_number(found.reversed_by) if found.reversed_by else "",
    }
    return render(request, "banking/transfers/receipt.html", context)
