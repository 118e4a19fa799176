"""The directory of users: staff look, administrators change roles and open or close doors."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import staff
from accounts.forms.reasons import ReasonForm
from accounts.forms.users import PAGE_SIZE, RoleForm, UserSearchForm
from accounts.models import Role, User
from accounts.queries.users import user_named, users_found
from accounts.services import users as services
from accounts.services.second_factor import is_required
from core.errors import DomainError, NotFound
from core.forms import querystring, show_refusal
from core.windows import window


@login_required
@require_GET
def user_list(request: HttpRequest) -> HttpResponse:
    staff(request)
    form = UserSearchForm(request.GET)
    context: dict[str, object] = {"filter_form": form}
    if form.is_valid():
        asked, page = form.cleaned_data, form.cleaned_data["page"] or 1
        users = users_found(search=asked["search"], role=asked["role"], is_active=form.wanted_state())
        found = window(users, skip=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE)
        context |= {
            "users": found.rows,
            "total": found.total,
            "previous_page": page - 1,
            "next_page": page + 1 if found.next else None,
            "querystring": querystring(form, request.GET),
        }
    return render(request, "accounts/users/list.html", context, status=400 if form.errors else 200)


@login_required
@require_GET
def user_detail(request: HttpRequest, username: str) -> HttpResponse:
    viewer, person = staff(request), user_named(username)
    context = {**_context(viewer, person), "may_remove_second_factor": _may_remove_second_factor(viewer, person)}
    return render(request, "accounts/users/detail.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change_role(request: HttpRequest, username: str) -> HttpResponse:
    actor = staff(request, at_least=Role.ADMIN)
    person = user_named(username)
    form = RoleForm(request.POST if request.method == "POST" else None, initial={"role": person.role})
    if request.method == "POST" and form.is_valid():
        try:
            services.update_user(user_id=person.pk, changes={"role": form.cleaned_data["role"]}, actor_id=actor.pk)
        except NotFound:
            raise
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Rol cambiado."))
            return redirect("users:detail", person.username)
    context = {**_context(actor, person), "form": form}
    return render(request, "accounts/users/role.html", context, status=400 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def close_door(request: HttpRequest, username: str) -> HttpResponse:
    """GET asks, POST deactivates."""
    return _set_standing(request, username, is_active=False)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def open_door(request: HttpRequest, username: str) -> HttpResponse:
    """GET asks, POST reactivates."""
    return _set_standing(request, username, is_active=True)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def remove_second_factor(request: HttpRequest, username: str) -> HttpResponse:
    """Asks why; there is nothing to ask where there is nothing to take away."""
    actor, person = staff(request, at_least=Role.ADMIN), user_named(username)
    if request.method != "POST" and not _may_remove_second_factor(actor, person):
        return redirect("users:detail", person.username)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.remove_second_factor(user_id=person.pk, actor_id=actor.pk, **form.cleaned_data)
        except NotFound:
            raise
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Segundo factor quitado. Sus sesiones se cerraron."))
            return redirect("users:detail", person.username)
    context = {**_context(actor, person), "form": form}
    return render(request, "accounts/users/second_factor.html", context, status=400 if form.errors else 200)


def _may_remove_second_factor(viewer: User, person: User) -> bool:
    return viewer.role == Role.ADMIN and viewer.pk != person.pk and is_required(person)


def _set_standing(request: HttpRequest, username: str, *, is_active: bool) -> HttpResponse:
    actor = staff(request, at_least=Role.ADMIN)
    person = user_named(username)
    if person.is_active == is_active:
        return redirect("users:detail", person.username)
    context = {**_context(actor, person), "reactivating": is_active}
    if request.method == "POST":
        try:
            if is_active:
                services.update_user(user_id=person.pk, changes={"is_active": True}, actor_id=actor.pk)
            else:
                services.deactivate(user_id=person.pk, actor_id=actor.pk)
        except NotFound:
            raise
        except DomainError as refusal:
            return render(request, "accounts/users/standing.html", {**context, "form_error": refusal}, status=400)
        messages.success(request, _("Usuario reactivado.") if is_active else _("Usuario desactivado."))
        if person.pk == actor.pk:
            return redirect("landing")
        return redirect("users:detail", person.username)
    return render(request, "accounts/users/standing.html", context)


def _context(viewer: User, person: User) -> dict[str, object]:
    return {
        "person": person,
        "client": getattr(person, "client", None),
        "may_change": viewer.role == Role.ADMIN,
        "is_self": viewer.pk == person.pk,
    }
