"""The pages of the notices. They work by refresh; a script only adds what arrives meanwhile."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import signed_in
from core.errors import DomainError
from core.forms import show_refusal
from notifications import queries
from notifications.forms import PreferencesForm, ReadForm
from notifications.services import reading
from notifications.services.preferences import update_preferences


@login_required
@never_cache
@require_GET
def notice_list(request: HttpRequest) -> HttpResponse:
    user_id, cursor, unread = signed_in(request).pk, request.GET.get("cursor"), "sin-leer" in request.GET
    page = queries.notices_of(user_id, unread=unread, cursor=cursor)
    context = {
        "page": page,
        "is_first_page": not cursor,
        "only_unread": unread,
        "unread_notices": queries.badge.count(user_id),  # for the bell as well
        "newest": page.rows[0].happened_at.isoformat(timespec="microseconds") if page.rows and not cursor else "",
    }
    return render(request, "notifications/list.html", context)


@login_required
@require_POST
def mark_read(request: HttpRequest, notice_id: uuid.UUID) -> HttpResponse:
    """Leads on to what the notice is about, where there is such a page."""
    notice = reading.mark_read(user_id=signed_in(request).pk, notice_id=notice_id)
    return redirect(notice.shown.path or "notifications:list")


@login_required
@require_POST
def mark_all_read(request: HttpRequest) -> HttpResponse:
    form = ReadForm(request.POST)
    until = form.cleaned_data["until"] if form.is_valid() else None
    count = reading.mark_all_read(user_id=signed_in(request).pk, until=until)
    text = ngettext("Marcó %(count)s aviso como leído.", "Marcó %(count)s avisos como leídos.", count)
    messages.success(request, text % {"count": count})
    return redirect("notifications:list")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    user_id = signed_in(request).pk
    form = PreferencesForm(queries.preferences_of(user_id), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            update_preferences(user_id=user_id, changes=form.changes())
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Cambios guardados."))
            return redirect("notifications:preferences")
    status = 400 if form.errors else 200
    return render(request, "notifications/preferences.html", {"form": form}, status=status)
