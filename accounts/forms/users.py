from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from core.windows import LARGEST_SKIP

PAGE_SIZE = 20


class UserSearchForm(forms.Form):
    """Whom to list; every field may be left empty."""

    search = forms.CharField(
        label=_("Nombre, correo o usuario"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    role = forms.ChoiceField(label=_("Rol"), required=False, choices=[("", _("Todos")), *Role.choices])
    state = forms.ChoiceField(
        label=_("Estado"),
        required=False,
        choices=[("", _("Todos")), ("active", _("Activos")), ("inactive", _("Inactivos"))],
    )
    page = forms.IntegerField(
        min_value=1, max_value=LARGEST_SKIP // PAGE_SIZE, required=False, widget=forms.HiddenInput
    )

    def wanted_state(self) -> bool | None:
        return {"active": True, "inactive": False}.get(self.cleaned_data["state"])


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Rol"), choices=Role.choices, widget=forms.RadioSelect)
