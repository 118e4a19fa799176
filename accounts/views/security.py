"""One's password, second factor and sessions."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import signed_in
from accounts.forms.passwords import ChangePasswordForm
from accounts.queries.sessions import second_factors_of, sessions_of
from accounts.services import passwords, sign_in
from core import rate_limits


@login_required
@never_cache
@require_GET
def security(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    places = sessions_of(user, current_key=request.session.session_key)
    context = {
        "factors": second_factors_of(user),
        "places": places,
        "has_others": any(not place.is_current for place in places),
    }
    return render(request, "accounts/security.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    form = ChangePasswordForm(request.POST or None)
    if request.method == "POST":
        # Whoever sits down at an open session shall not be able to guess either.
        rate_limits.count(request, group="change-password", rate=settings.PASSWORD_CHANGES_PER_ADDRESS)
        if form.is_valid() and _change(request, form):
            messages.success(request, _("Su contraseña cambió y se cerraron sus otras sesiones."))
            return redirect("security")
    return render(request, "accounts/change_password.html", {"form": form})


def _change(request: HttpRequest, form: ChangePasswordForm) -> bool:
    user = signed_in(request)
    try:
        passwords.change_password(user, form.cleaned_data["old_password"], form.cleaned_data["new_password"])
    except passwords.UnfitPassword as refusal:
        form.add_error("new_password", refusal.faults)
        return False
    except passwords.WrongPassword as refusal:
        form.add_error(refusal.field, str(refusal))
        return False
    update_session_auth_hash(request, user)
    UserSession.objects.create_from_request(request)  # under the key that the session has from now on
    return True


@login_required
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    sign_in.end_other_sessions(signed_in(request), current_key=request.session.session_key)
    messages.success(request, _("Cerró sus demás sesiones."))
    return redirect("security")
