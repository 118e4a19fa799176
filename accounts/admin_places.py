"""Places and companies in the admin. A slug is made with the first save and stays."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import signed_in
from accounts.models import City, Company, Country, Province, Region, User
from accounts.services.companies import (
    CompanyChanges,
    CompanyNameTaken,
    create_company,
    delete_company,
    update_company,
)
from accounts.services.slugs import insert_with_slug
from accounts.spelling import one_line
from core.admin_tables import BoundedAdmin, moment_column
from core.text import fold


class NameForm(forms.ModelForm):
    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])

    def others(self) -> QuerySet[Model]:
        rows: QuerySet[Model] = type(self.instance)._default_manager.exclude(pk=self.instance.pk)
        return rows


class ProvinceForm(NameForm):
    def clean(self) -> dict[str, object] | None:
        cleaned = super().clean()
        region, name, code = (self.cleaned_data.get(field) for field in ("region", "name", "code"))
        if region is None:
            return cleaned
        self.instance.country_id = region.country_id
        others = self.others().filter(country_id=region.country_id)
        if name and others.filter(folded=fold(name)).exists():
            self.add_error("name", _("Ya hay una provincia con este nombre en el país."))
        if code and others.filter(code=code).exists():
            self.add_error("code", _("Ya hay una provincia con este código en el país."))
        return cleaned


class CityForm(NameForm):
    def clean(self) -> dict[str, object] | None:
        cleaned = super().clean()
        province, name = self.cleaned_data.get("province"), self.cleaned_data.get("name")
        if province and name and self.others().filter(province=province, folded=fold(name)).exists():
            self.add_error("name", _("Ya hay una ciudad con este nombre en la provincia."))
        return cleaned


class CompanyForm(NameForm):
    class Meta:
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def clean_owner(self) -> User:
        owner: User = self.cleaned_data["owner"]
        if not owner.is_active and "owner" in self.changed_data:
            raise ValidationError(_("No encontramos ese usuario."))
        return owner

    def clean_name(self) -> str:
        name = super().clean_name()
        if self.others().filter(folded=fold(name)).exists():
            raise ValidationError(CompanyNameTaken.message)
        return name


class FoldedSearch(admin.ModelAdmin):
    """Finds names however they are written."""

    search_fields = ("folded",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Model], search_term: str
    ) -> tuple[QuerySet[Model], bool]:
        return super().get_search_results(request, queryset, fold(search_term))


class PlaceAdmin(FoldedSearch):
    form = NameForm
    readonly_fields = ("slug",)
    fallback = "lugar"

    def save_model(self, request: HttpRequest, obj: Model, form: forms.ModelForm, change: bool) -> None:
        if change:
            obj.save()
        else:
            insert_with_slug(obj, fallback=self.fallback)


@admin.register(Country)
class CountryAdmin(admin.ModelAdmin):
    form = NameForm
    list_display = ("code", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: Country | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()


@admin.register(Region)
class RegionAdmin(PlaceAdmin):
    list_display = ("name", "code", "country")
    list_select_related = ("country",)
    search_fields = ("name",)
    fields = ("country", "name", "code", "slug")

    def get_readonly_fields(self, request: HttpRequest, obj: Region | None = None) -> tuple[str, ...]:
        """Its provinces are of the same country, and seeding knows it by its code."""
        return ("country", "code", "slug") if obj else ("slug",)


@admin.register(Province)
class ProvinceAdmin(PlaceAdmin):
    form = ProvinceForm
    list_display = ("name", "code", "region", "country")
    list_select_related = ("region", "country")
    list_filter = ("country", "region")
    fields = ("region", "name", "code", "slug")


@admin.register(City)
class CityAdmin(PlaceAdmin):
    form = CityForm
    list_display = ("name", "province", "is_capital")
    list_select_related = ("province",)
    list_filter = ("is_capital", "province__region", "province")
    autocomplete_fields = ("province",)
    fields = ("province", "name", "is_capital", "slug")


@admin.register(Company)
class CompanyAdmin(BoundedAdmin):
    """Written by the same services as everywhere, which leave their events."""

    form = CompanyForm
    list_display = ("name", "owner", "city", "is_active", moment_column("created_at", gettext_lazy("alta")))
    list_select_related = ("owner", "city__province")
    list_filter = ("is_active",)
    ordering = ("folded",)
    uuid_fields = ("id", "owner_id")
    text_fields = ("folded__contains",)
    search_help_text = gettext_lazy("Nombre, o identificador exacto de la empresa o del dueño")
    autocomplete_fields = ("city", "owner")
    readonly_fields = ("id", "slug", "created_at", "updated_at")
    fields = ("id", "name", "slug", "description", "owner", "city", "is_active", "created_at", "updated_at")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Model], search_term: str
    ) -> tuple[QuerySet[Model], bool]:
        return super().get_search_results(request, queryset, fold(search_term))

    def save_model(self, request: HttpRequest, obj: Company, form: forms.ModelForm, change: bool) -> None:
        actor = signed_in(request)
        wanted = CompanyChanges(
            name=obj.name,
            description=obj.description,
            city=obj.city.slug if obj.city else None,
            is_active=obj.is_active,
        )
        if not change or "owner" in form.changed_data:
            wanted["owner"] = obj.owner.username
        if change:
            update_company(slug=obj.slug, changes=wanted, actor_id=actor.pk, role=actor.role)
        else:
            made = create_company(wanted=wanted, actor_id=actor.pk, role=actor.role)
            obj.pk, obj.slug = made.pk, made.slug

    def delete_model(self, request: HttpRequest, obj: Company) -> None:
        actor = signed_in(request)
        delete_company(slug=obj.slug, actor_id=actor.pk, role=actor.role)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Company]) -> None:
        for company in queryset:
            self.delete_model(request, company)
