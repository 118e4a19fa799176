"""Making a transfer, and looking at those made. Each page parses, calls one service or query, and renders."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import signed_in
from accounts.queries.clients import client_of
from banking.forms.transfers import ConfirmTransferForm, TransferForm
from banking.queries import transfers
from banking.queries.transfers import Wanted
from banking.services import transfers as services
from banking.views.two_steps import two_steps
from core.ids import receipt_number


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_transfer(request: HttpRequest) -> HttpResponse:
    def make(**wanted: Any) -> HttpResponse:
        made = services.transfer(**wanted)
        messages.success(request, _("Transferencia realizada."))
        return redirect("banking:receipt", made.transaction_id)

    return two_steps(
        request,
        "banking/transfers/new.html",
        TransferForm,
        ConfirmTransferForm,
        preview=services.preview_transfer,
        make=make,
        limit=("transfer", settings.TRANSFERS_PER_ADDRESS),
    )


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
        "reversed_by_number": receipt_number(found.reversed_by) if found.reversed_by else "",
    }
    return render(request, "banking/transfers/receipt.html", context)
