"""The pages of the directory of companies: an owner's own; staff see all, administrators change all."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import signed_in
from accounts.forms.companies import CompanyForm, CompanySearchForm
from accounts.models import Role
from accounts.queries.companies import companies_seen_by, company_changed_by, may_change
from accounts.services.companies import ReadersOnlyLook, create_company, delete_company, update_company
from core.errors import DomainError, NotFound
from core.forms import show_refusal
from core.windows import window

LISTED = 20


@login_required
@require_GET
def company_list(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = CompanySearchForm(request.GET)
    context: dict[str, object] = {"search_form": form, "may_create": user.role != Role.READER}
    if form.is_valid():
        search = form.cleaned_data["search"]
        found = window(
            companies_seen_by(user.pk, user.role, search=search), skip=form.cleaned_data["skip"] or 0, limit=LISTED
        )
        rows = [(company, may_change(user.pk, user.role, company)) for company in found.rows]
        context |= {"rows": rows, "window": found, "search": search}
    return render(request, "accounts/companies/list.html", context, status=400 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    if user.role == Role.READER:
        raise ReadersOnlyLook
    form = CompanyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            create_company(wanted=form.wanted(), actor_id=user.pk, role=user.role)
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Empresa creada."))
            return redirect("companies:list")
    return render(request, "accounts/companies/edit.html", {"form": form}, status=400 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    user = signed_in(request)
    company = company_changed_by(user.pk, user.role, slug)
    form = CompanyForm(request.POST) if request.method == "POST" else CompanyForm.showing(company)
    if request.method == "POST" and form.is_valid():
        try:
            update_company(slug=slug, changes=form.wanted(), actor_id=user.pk, role=user.role)
        except NotFound:
            raise
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Cambios guardados."))
            return redirect("companies:list")
    context = {"form": form, "company": company}
    return render(request, "accounts/companies/edit.html", context, status=400 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """GET asks, POST does."""
    user = signed_in(request)
    company = company_changed_by(user.pk, user.role, slug)
    if request.method != "POST":
        return render(request, "accounts/companies/delete.html", {"company": company})
    delete_company(slug=slug, actor_id=user.pk, role=user.role)
    messages.success(request, _("Empresa eliminada."))
    return redirect("companies:list")
