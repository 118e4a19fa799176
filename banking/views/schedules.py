"""Transfers to come. Each page parses, calls one service or query, and renders."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import signed_in
from accounts.queries.clients import client_of
from banking.forms.transfers import ConfirmScheduleForm, ScheduleForm
from banking.models.schedules import UNFINISHED
from banking.queries import schedules
from banking.services import schedules as services
from banking.views.two_steps import two_steps


@login_required
@require_GET
def schedule_list(request: HttpRequest) -> HttpResponse:
    client = client_of(signed_in(request).pk)
    found = schedules.schedules_of(client.pk)
    context = {
        "standing": [schedule for schedule in found if schedule.state in UNFINISHED],
        "over": [schedule for schedule in found if schedule.state not in UNFINISHED],
    }
    return render(request, "banking/schedules/list.html", context)


@login_required
@require_GET
def schedule(request: HttpRequest, schedule_id: uuid.UUID) -> HttpResponse:
    client = client_of(signed_in(request).pk)
    found = schedules.schedule_for(client.pk, schedule_id)
    context = {
        "schedule": found,
        "runs": schedules.runs_of(found),
        "is_over": found.state not in UNFINISHED,
        "most": schedules.RUNS_SHOWN,
    }
    return render(request, "banking/schedules/schedule.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_schedule(request: HttpRequest) -> HttpResponse:
    def make(**wanted: Any) -> HttpResponse:
        ordered = services.schedule_transfer(**wanted)
        messages.success(request, _("Transferencia programada."))
        return redirect("banking:schedule", ordered.id)

    return two_steps(
        request,
        "banking/schedules/new.html",
        ScheduleForm,
        ConfirmScheduleForm,
        preview=services.preview_schedule,
        make=make,
        # What is ordered is shown with a masked name: nobody need have asked for the first step.
        limit=("transfer_preview", settings.TRANSFER_PREVIEWS_PER_ADDRESS),
    )


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
    if found.state not in UNFINISHED:
        return redirect("banking:schedule", schedule_id)
    if request.method == "POST":
        services.cancel_schedule(client_id=client.pk, schedule_id=schedule_id, actor_id=signed_in(request).pk)
        messages.success(request, _("Transferencia programada cancelada."))
        return redirect("banking:schedule", schedule_id)
    return render(request, "banking/schedules/cancel.html", {"schedule": found})
