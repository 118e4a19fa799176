"""The pages of the funds. Each parses, calls one service or query, and renders."""

from __future__ import annotations

import uuid
from contextlib import suppress

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import signed_in
from accounts.models import Client
from accounts.queries.clients import client_of
from core import replicas
from core.errors import DomainError, NotFound
from core.forms import querystring, show_refusal
from core.ids import uuid7
from core.money import InvalidAmount, parse_amount, plain_amount
from core.paging import Page
from funds import queries, services
from funds.forms import AmountForm, CancelForm, ConfirmForm, HistoryFilterForm
from funds.models import Fund, MovementType
from funds.queries import MovementRow, Receipt


@login_required
@require_GET
def fund_list(request: HttpRequest) -> HttpResponse:
    account = client_of(signed_in(request).pk).cash_account
    context = {"funds": queries.funds_on_offer(), "available": account.balance, "currency": account.currency}
    return render(request, "funds/fund_list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest, fund_id: int) -> HttpResponse:
    """Two steps: GET with an amount shows what would happen, POST makes it happen.

    The second step's address carries its idempotency key, made with the first: Back and a reload bring the same key.
    """
    client, fund = client_of(signed_in(request).pk), queries.fund_on_offer(fund_id)
    if request.method == "POST":
        return _confirm_subscription(request, client, fund)
    form = AmountForm(request.GET if "amount" in request.GET else None)
    preview = None
    if form.is_valid():
        try:
            preview = services.preview_subscription(
                client_id=client.pk, fund_id=fund.pk, amount=form.cleaned_data["amount"], actor_id=signed_in(request).pk
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
    return _subscribe_page(request, client, fund, form, preview)


def _confirm_subscription(request: HttpRequest, client: Client, fund: Fund) -> HttpResponse:
    form = ConfirmForm(request.POST)
    if form.is_valid():
        try:
            receipt = services.subscribe(
                client_id=client.pk,
                fund_id=fund.pk,
                amount=form.cleaned_data["amount"],
                actor_id=signed_in(request).pk,
                idempotency_key=form.cleaned_data["idempotency_key"],
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Suscripción confirmada."))
            return redirect("funds:receipt", receipt.transaction_id)
    return _subscribe_page(request, client, fund, _first_step_again(form), None)


def _first_step_again(refused: ConfirmForm) -> AmountForm:
    """The first step with the amount as people write it and what was wrong with the second."""
    sent = refused.data.get("amount", "")
    with suppress(InvalidAmount):  # not from `cleaned_data`, which loses what a refusal was about
        sent = plain_amount(parse_amount(sent))
    form = AmountForm({"amount": sent})
    form.is_valid()
    for field, errors in refused.errors.items():
        if not form.has_error(field):
            form.add_error(field if field in form.fields else None, errors)
    return form


def _subscribe_page(
    request: HttpRequest,
    client: Client,
    fund: Fund,
    form: AmountForm,
    preview: Receipt | None,
) -> HttpResponse:
    context = {
        "fund": fund,
        "available": client.cash_account.balance,
        "currency": client.cash_account.currency,
        "form": form,
        "preview": preview,
        "idempotency_key": request.GET.get("key") or uuid7(),
        "next_key": uuid7(),
    }
    return render(request, "funds/subscribe.html", context, status=400 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, subscription_id: uuid.UUID) -> HttpResponse:
    client = client_of(signed_in(request).pk)
    subscription = queries.subscription_of(client.pk, subscription_id)
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            receipt = services.cancel(
                client_id=client.pk,
                subscription_id=subscription_id,
                actor_id=signed_in(request).pk,
                idempotency_key=form.cleaned_data["idempotency_key"],
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Suscripción cancelada."))
            return redirect("funds:receipt", receipt.transaction_id)
    if subscription.cancellation_id:
        return redirect("funds:receipt", subscription.cancellation_id)
    balance = queries.repaid_account(client, subscription_id).balance
    assert balance is not None
    context = {
        "subscription": subscription,
        "available": balance,
        "balance_after": balance + subscription.amount,
        "form": form,
        "idempotency_key": request.POST.get("idempotency_key") or uuid7(),
    }
    return render(request, "funds/cancel.html", context, status=400 if form.errors else 200)


@login_required
@require_GET
def history(request: HttpRequest) -> HttpResponse:
    client = client_of(signed_in(request).pk)
    form = HistoryFilterForm(request.GET)
    page: Page[MovementRow] = Page([], None)
    cursor = request.GET.get("cursor")
    if form.is_valid():
        wanted = form.cleaned_data
        page = replicas.read(
            lambda: queries.history(
                client.pk,
                type=MovementType(wanted["type"]) if wanted["type"] else None,
                fund_id=wanted["fund"].pk if wanted["fund"] else None,
                since=wanted["since"],
                until=wanted["until"],
                cursor=cursor,
            ),
            reader=signed_in(request).pk,
        )
    context = {
        "page": page,
        "filter_form": form,
        "querystring": querystring(form, request.GET),
        "is_first_page": not cursor,
    }
    return render(request, "funds/history.html", context, status=400 if form.errors else 200)


@login_required
@require_GET
def receipt(request: HttpRequest, transaction_id: uuid.UUID) -> HttpResponse:
    client = client_of(signed_in(request).pk)
    found = queries.receipt_of(client.pk, transaction_id)
    try:
        subscription = queries.subscription_of(client.pk, found.correlation_id)
    except NotFound:
        subscription = None
    can_cancel = found.type == MovementType.SUBSCRIPTION and subscription is not None and not subscription.cancelled_at
    context = {"receipt": found, "can_cancel": can_cancel}
    return render(request, "funds/receipt.html", context)
