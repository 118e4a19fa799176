"""Transfers to come. Each page parses, calls one service or query, and renders."""

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
from accounts.models import Client
from accounts.queries.clients import client_of
from banking.forms.transfers import ConfirmScheduleForm, ScheduleForm
from banking.models import ScheduleState
from banking.queries import accounts, schedules
from banking.queries.schedules import Schedule
from banking.services import schedules as services
from banking.views.transfers import first_step_again
from core import rate_limits
from core.errors import DomainError
from core.forms import show_refusal
from core.ids import uuid7

FIRST_STEP = ("source", "target", "amount", "memo", "frequency", "starts_on", "ends_on")
OVER = (ScheduleState.FINISHED, ScheduleState.CANCELLED)


@login_required
@require_GET
def schedule_list(request: HttpRequest) -> HttpResponse:
    client = client_of(signed_in(request).pk)
    found = schedules.schedules_of(client.pk)
    context = {
        "standing": [schedule for schedule in found if schedule.state not in OVER],
        "over": [schedule for schedule in found if schedule.state in OVER],
    }
    return render(request, "banking/schedules/list.html", context)


@login_required
@require_GET
def schedule(request: HttpRequest, schedule_id: uuid.UUID) -> HttpResponse:
    client = client_of(signed_in(request).pk)
    found = schedules.schedule_for(client.pk, schedule_id)
    context = {
        "schedule": found,
        "runs": schedules.runs_of(client.pk, schedule_id),
        "is_over": found.state in OVER,
        "most": schedules.RUNS_SHOWN,
    }
    return render(request, "banking/schedules/schedule.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_schedule(request: HttpRequest) -> HttpResponse:
    """Two steps with a key of their own, as a transfer has."""
    client = client_of(signed_in(request).pk)
    own = accounts.accounts_of(client.pk, closed=False)
    if request.method == "POST":
        return _confirm(request, client, own)
    asked = {name: request.GET[name] for name in FIRST_STEP if name in request.GET}
    form = ScheduleForm(own, asked) if "amount" in asked else ScheduleForm(own, initial=asked)
    preview = None
    if form.is_valid():
        rate_limits.count(request, group="transfer_preview", rate=settings.TRANSFER_PREVIEWS_PER_ADDRESS)
        try:
            preview = services.preview_schedule(
                client_id=client.pk, actor_id=signed_in(request).pk, **form.cleaned_data
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
    return _page(request, own, form, preview)


def _confirm(request: HttpRequest, client: Client, own: list[accounts.BankAccount]) -> HttpResponse:
    form = ConfirmScheduleForm(request.POST)
    if form.is_valid():
        # What is ordered is shown with a masked name: nobody need have asked for the first step.
        rate_limits.count(request, group="transfer_preview", rate=settings.TRANSFER_PREVIEWS_PER_ADDRESS)
        try:
            ordered = services.schedule_transfer(
                client_id=client.pk, actor_id=signed_in(request).pk, **form.cleaned_data
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Transferencia programada."))
            return redirect("banking:schedule", ordered.id)
    return _page(request, own, first_step_again(ScheduleForm, own, form), None)


def _page(
    request: HttpRequest, own: list[accounts.BankAccount], form: ScheduleForm, preview: Schedule | None
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
    return render(request, "banking/schedules/new.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def pause(request: HttpRequest, schedule_id: uuid.UUID) -> HttpResponse:
    client = client_of(signed_in(request).pk)
    services.pause_schedule(client_id=client.pk, schedule_id=schedule_id, actor_id=signed_in(request).pk)
    messages.success(request, _("Transferencia programada en pausa."))
    return redirect("banking:schedule", schedule_id)


@login_required
@require_POST
def resume(request: HttpRequest, schedule_id: uuid.UUID) -> HttpResponse:
    client = client_of(signed_in(request).pk)
    services.resume_schedule(client_id=client.pk, schedule_id=schedule_id, actor_id=signed_in(request).pk)
    messages.success(request, _("Transferencia programada reanudada."))
    return redirect("banking:schedule", schedule_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, schedule_id: uuid.UUID) -> HttpResponse:
    """Asks first; there is nothing to ask about one that is over."""
    client = client_of(signed_in(request).pk)
    found = schedules.schedule_for(client.pk, schedule_id)
    if found.state in OVER:
        return redirect("banking:schedule", schedule_id)
    if request.method == "POST":
        services.cancel_schedule(client_id=client.pk, schedule_id=schedule_id, actor_id=signed_in(request).pk)
        messages.success(request, _("Transferencia programada cancelada."))
        return redirect("banking:schedule", schedule_id)
    return render(request, "banking/schedules/cancel.html", {"schedule": found})
