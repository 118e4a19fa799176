from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Company
from accounts.queries.places import cities_by_province
from accounts.services.companies import CompanyChanges
from core.windows import LARGEST_SKIP


def _cities() -> list[tuple[str, object]]:
    return [("", _("Sin ciudad")), *cities_by_province()]


class CompanyForm(forms.Form):
    """A company as its owner writes it."""

    name = forms.CharField(label=_("Nombre"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    city = forms.ChoiceField(label=_("Ciudad"), required=False, choices=_cities)
    description = forms.CharField(
        label=_("Descripción"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    is_active = forms.BooleanField(label=_("Está activa"), required=False, initial=True)

    @classmethod
    def showing(cls, company: Company) -> CompanyForm:
        return cls(
            initial={
                "name": company.name,
                "city": company.city.slug if company.city else "",
                "description": company.description,
                "is_active": company.is_active,
            }
        )

    def wanted(self) -> CompanyChanges:
        cleaned = self.cleaned_data
        return CompanyChanges(
            name=cleaned["name"],
            city=cleaned["city"] or None,
            description=cleaned["description"],
            is_active=cleaned["is_active"],
        )


class CompanySearchForm(forms.Form):
    search = forms.CharField(
        label=_("Nombre"), max_length=100, required=False, widget=forms.TextInput(attrs={"type": "search"})
    )
    skip = forms.IntegerField(min_value=0, max_value=LARGEST_SKIP, required=False, widget=forms.HiddenInput)
