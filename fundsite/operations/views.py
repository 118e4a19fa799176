"""Staff look at events; support at the audit trail as well; administrators hand parked messages over again."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import orjson
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import staff
from accounts.models import Role
from core.errors import DomainError, NotFound
from core.forms import querystring
from core.paging import Page
from events import lookups
from events.audit import Report, is_as_sealed, verify_audit
from events.documents.models import AuditLog, BusinessEvent
from events.documents.records import ARCHIVER, envelope_of_log
from events.inbox import Unavailable
from events.queries import PipelineStatus, pipeline_status
from events.redrive import redrive
from fundsite import pipeline
from fundsite.operations import names
from fundsite.operations.forms import AuditFilterForm, EventFilterForm, RetryForm
from fundsite.operations.people import Person, people

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LATE = 60.0  # seconds that an event may wait to be sealed, published or handled before it is a warning
LINKS_AT_ONCE = 1000  # how much of the chain a page verifies; `manage.py verify_audit` walks all of it


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a list: a document, and what people call what is in it."""

    row: BusinessEvent | AuditLog
    label: StrOrPromise
    person: Person | None
    amount: Decimal | None = None


@login_required
@require_GET
def event_list(request: HttpRequest) -> HttpResponse:
    staff(request)
    form = EventFilterForm(request.GET)
    cursor = request.GET.get("cursor")
    page: Page[BusinessEvent] = Page([], None)
    if form.is_valid():
        asked = form.cleaned_data
        page = lookups.business_events(
            name=asked["name"],
            holders=asked["person"],
            since=asked["since"],
            until=asked["until"],
            cursor=cursor,
        )
    who = people(row.holder_id for row in page.rows)
    lines = [
        Line(row, names.event_label(row.name), who.get(row.holder_id) if row.holder_id else None, _amount(row.payload))
        for row in page.rows
    ]
    context = {**_list_context(request, form, page.next_cursor), "lines": lines}
    if not cursor:
        context["not_archived"] = next((one.behind for one in _status().consumers if one.name == ARCHIVER), 0)
    return render(request, "events/events.html", context, status=400 if form.errors else 200)


@login_required
@require_GET
def event_page(request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
    staff(request)
    story = lookups.story(event_id, consumers=pipeline.consumer_names())
    event = story.event
    who = people([event.actor_id, story.holder_id])
    context = {
        "story": story,
        "event": event,
        "label": names.event_label(event.name),
        "actor": who.get(event.actor_id) if event.actor_id else None,
        "holder": who.get(story.holder_id) if story.holder_id else None,
        "amount": _amount(event.payload),
        "json": _json(event.payload),
        "deliveries": [(names.consumer_label(one.consumer), *names.STATES[one.state], one) for one in story.deliveries],
        "sees_audit": _sees_audit(request),
    }
    return render(request, "events/event.html", context)


@login_required
@require_GET
def audit_list(request: HttpRequest) -> HttpResponse:
    staff(request, at_least=Role.SUPPORT)
    form = AuditFilterForm(request.GET)
    page: Page[AuditLog] = Page([], None)
    if form.is_valid():
        asked = form.cleaned_data
        page = lookups.audit_logs(
            event_type=asked["type"],
            users=asked["person"],
            since=asked["since"],
            until=asked["until"],
            cursor=request.GET.get("cursor"),
        )
    who = people(row.user_id for row in page.rows)
    lines = [Line(row, names.event_label(row.name), who.get(row.user_id) if row.user_id else None) for row in page.rows]
    context = {**_list_context(request, form, page.next_cursor), "lines": lines}
    return render(request, "events/audit.html", context, status=400 if form.errors else 200)


@login_required
@require_GET
def audit_page(request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
    staff(request, at_least=Role.SUPPORT)
    log = lookups.audit_log(event_id)
    envelope = envelope_of_log(log)
    context = {
        "log": log,
        "label": names.event_label(log.name),
        "actor": people([log.user_id]).get(log.user_id) if log.user_id else None,
        "role": dict(Role.choices).get(log.role) or (_("Comando del sistema") if log.role else ""),
        "is_whole": is_as_sealed(log),
        "json": _json(orjson.loads(envelope.to_json())),
    }
    return render(request, "events/audit_log.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pipeline_page(request: HttpRequest) -> HttpResponse:
    """GET shows how the way of the events stands; POST verifies the end of the chain, which changes nothing."""
    viewer = staff(request, at_least=Role.SUPPORT if request.method == "POST" else Role.READER)
    status = _status()
    context: dict[str, object] = {
        "status": status,
        "late": LATE,
        "consumers": [(names.consumer_label(one.name), one) for one in status.consumers],
        "parked": [
            (names.consumer_label(one.item.consumer), names.event_label(one.event.name) if one.event else "", one)
            for one in lookups.parked()
        ],
        "head": lookups.head(),
        "links_at_once": LINKS_AT_ONCE,
        "warnings": _warnings(status),
        "may_verify": _sees_audit(request),
        "may_retry": viewer.role == Role.ADMIN,
    }
    if request.method == "POST":
        context["report"] = report = _verified(status)
        context["findings"] = [(names.PLACES.get(one.place, one.place), one) for one in report.findings]
    return render(request, "events/pipeline.html", context)


@login_required
@require_POST
def retry(request: HttpRequest) -> HttpResponse:
    """Hand a consumer the parked message that is named, or all of its parked ones."""
    staff(request, at_least=Role.ADMIN)
    form = RetryForm(request.POST)
    if not form.is_valid():
        raise NotFound
    chosen = form.cleaned_data["consumer"]
    consumer = next(one for one in pipeline.consumers() if one.name == chosen)
    try:
        count = redrive(consumer=consumer, broker=pipeline.broker(), event_id=form.cleaned_data["event_id"])
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        text = ngettext("%(n)s mensaje entregado de nuevo.", "%(n)s mensajes entregados de nuevo.", count)
        messages.success(request, text % {"n": count})
    return redirect("operations:pipeline")


def _status() -> PipelineStatus:
    return pipeline_status(pipeline.consumer_names())


def _warnings(status: PipelineStatus) -> list[str]:
    """What has waited for longer than it should, in words."""
    found = []
    if status.unsealed_seconds > LATE:
        found.append(_("El sellado está atrasado. Compruebe que el relevo (manage.py relay) esté en marcha."))
    elif status.unpublished_seconds > LATE:
        found.append(_("La publicación está atrasada. Compruebe el relevo y el intermediario de mensajes."))
    late = [str(names.consumer_label(one.name)) for one in status.consumers if one.behind_seconds > LATE]
    if late and not found:
        found.append(_("Consumidores atrasados: %(names)s.") % {"names": ", ".join(late)})
    return found


def _sees_audit(request: HttpRequest) -> bool:
    return Role(staff(request).role).reaches(Role.SUPPORT)


def _verified(status: PipelineStatus) -> Report:
    try:
        return verify_audit(start=max(1, status.sealed - LINKS_AT_ONCE + 1))
    except Unavailable:
        raise lookups.ArchiveUnavailable from None


def _list_context(request: HttpRequest, form: forms.Form, next_cursor: str | None) -> dict[str, object]:
    return {
        "filter_form": form,
        "next_cursor": next_cursor,
        "querystring": querystring(form, request.GET),
        "is_first_page": not request.GET.get("cursor"),
        "sees_audit": _sees_audit(request),
    }


def _amount(payload: dict[str, object]) -> Decimal | None:
    try:
        return Decimal(str(payload["amount"]))
    except (KeyError, InvalidOperation):
        return None


def _json(content: object) -> str:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()
