"""A form in two steps: GET with an amount shows what would happen, POST makes it happen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import signed_in
from accounts.queries.clients import client_of
from banking.forms.transfers import ConfirmTransferForm, TransferForm
from banking.queries.accounts import BankAccount, accounts_of
from banking.queries.schedules import Schedule
from banking.queries.transfers import Receipt
from core import rate_limits
from core.errors import DomainError
from core.forms import show_refusal
from core.ids import uuid7
from core.money import InvalidAmount, parse_amount, plain_amount


def two_steps(
    request: HttpRequest,
    template: str,
    first: type[TransferForm],
    second: type[ConfirmTransferForm],
    *,
    preview: Callable[..., Receipt | Schedule],
    make: Callable[..., HttpResponse],
    limit: tuple[str, str],
) -> HttpResponse:
    """`preview` and `make` take what the form of their step has read, by name, with `client_id` and `actor_id`.

    `limit` is the group and the rate of attempts at the second step. Its address carries its idempotency key, made with
    the first: Back and a reload bring the same key.
    """
    user = signed_in(request)
    client = client_of(user.pk)
    own = accounts_of(client.pk, closed=False)
    asker = {"client_id": client.pk, "actor_id": user.pk}
    shown: Receipt | Schedule | None = None
    if request.method == "POST":
        confirmed = second(request.POST)
        if confirmed.is_valid():
            rate_limits.count(request, group=limit[0], rate=limit[1])
            try:
                return make(**asker, **confirmed.cleaned_data)
            except DomainError as refusal:
                show_refusal(confirmed, refusal)
        form = _first_step_again(first, own, confirmed)
    else:
        asked = {name: request.GET[name] for name in first.base_fields if name in request.GET}
        form = first(own, asked) if "amount" in asked else first(own, initial=asked)
        if form.is_valid():
            rate_limits.count(request, group="transfer_preview", rate=settings.TRANSFER_PREVIEWS_PER_ADDRESS)
            try:
                shown = preview(**asker, **form.cleaned_data)
            except DomainError as refusal:
                show_refusal(form, refusal)
    context: dict[str, Any] = {"form": form, "own": own, "preview": shown, "next_key": uuid7()}
    if shown:
        by_number = {account.number: account for account in own}
        context |= {
            "source": by_number.get(shown.source),
            "target": by_number.get(shown.target),
            "confirmation": _confirmation(second, shown, request.GET.get("key") or str(uuid7())),
        }
    return render(request, template, context, status=400 if form.errors else 200)


def _confirmation(second: type[ConfirmTransferForm], shown: Receipt | Schedule, key: str) -> ConfirmTransferForm:
    """The second step, with what the page shows."""
    initial = {name: getattr(shown, name) for name in second.base_fields if name != "idempotency_key"}
    return second(initial={**initial, "idempotency_key": key}, auto_id=False)


def _first_step_again(first: type[TransferForm], own: list[BankAccount], refused: ConfirmTransferForm) -> TransferForm:
    """The first step with what was sent, the amount as people write it, and what was wrong with the second."""
    sent = {name: refused.data.get(name, "") for name in refused.fields}
    with suppress(InvalidAmount):  # not from `cleaned_data`, which loses what a refusal was about
        sent["amount"] = plain_amount(parse_amount(sent["amount"]))
    form = first(own, sent)
    form.is_valid()
    for field, errors in refused.errors.items():
        if not form.has_error(field):
            form.add_error(field if field in form.fields else None, errors)
    return form
