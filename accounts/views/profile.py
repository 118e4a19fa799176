"""One's own profile."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import signed_in
from accounts.forms.profile import ProfileForm
from accounts.queries.users import user_with_client
from accounts.services.users import update_profile
from core.errors import DomainError
from core.forms import show_refusal
from core.periods import ZONES_AT_HAND


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    person = user_with_client(signed_in(request).pk)
    form = ProfileForm(person, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            update_profile(user_id=person.pk, changes=form.changes())
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Cambios guardados."))
            return redirect("profile")
    context = {"form": form, "person": person, "zones": ZONES_AT_HAND}
    return render(request, "accounts/profile.html", context, status=400 if form.errors else 200)
