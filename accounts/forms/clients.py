"""What staff write about clients on the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, NotifyChannel
from accounts.models.clients import TaxIdKind
from accounts.queries.clients import LARGEST_SKIP, LONGEST_SEARCH
from accounts.services.clients import ClientChanges

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PAGE_SIZE = 20
STANDINGS: dict[str, tuple[StrOrPromise, bool | None]] = {
    "": (_("Todos"), None),
    "true": (_("Activos"), True),
    "false": (_("Inactivos"), False),
}


class ClientFilterForm(forms.Form):
    """Whom to look for; everything may be left empty."""

    search = forms.CharField(
        label=_("Nombre, correo o identificación"),
        required=False,
        max_length=LONGEST_SEARCH,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    is_active = forms.ChoiceField(
        label=_("Estado"), required=False, choices=[(value, label) for value, (label, _active) in STANDINGS.items()]
    )
    page = forms.IntegerField(
        required=False, min_value=1, max_value=LARGEST_SKIP // PAGE_SIZE, widget=forms.HiddenInput
    )

    @property
    def wanted(self) -> dict[str, str | bool | None]:
        """What the query takes, of a valid form."""
        return {"search": self.cleaned_data["search"], "is_active": STANDINGS[self.cleaned_data["is_active"]][1]}


class ClientForm(forms.Form):
    full_name = forms.CharField(
        label=_("Nombre completo"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    email = forms.EmailField(
        label=_("Correo electrónico"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    tax_id_kind = forms.ChoiceField(
        label=_("Tipo de identificación"), required=False, choices=[("", _("Ninguna")), *TaxIdKind.choices]
    )
    tax_id = forms.CharField(
        label=_("Número de identificación"),
        required=False,
        max_length=40,
        help_text=_("Con o sin puntos y guiones."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    notify_channel = forms.ChoiceField(
        label=_("¿Por dónde le avisamos?"), choices=NotifyChannel, widget=forms.RadioSelect, initial=NotifyChannel.EMAIL
    )
    notify_destination = forms.CharField(
        label=_("Correo o celular para los avisos"),
        max_length=254,
        required=False,
        help_text=_("Si lo deja vacío y eligió correo, usamos el del cliente."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    @staticmethod
    def values_of(client: Client) -> dict[str, str]:
        """The form's initial values. Notices to the client's own address follow it, so that stays empty."""
        own = client.notify_channel == NotifyChannel.EMAIL and client.notify_destination == client.email
        return {
            "full_name": client.full_name,
            "email": client.email,
            "tax_id_kind": client.tax_id_kind,
            "tax_id": client.tax_id,
            "notify_channel": client.notify_channel,
            "notify_destination": "" if own else client.notify_destination,
        }

    def clean(self) -> dict[str, str]:
        cleaned: dict[str, str] = super().clean() or {}
        if cleaned.get("tax_id") and not cleaned.get("tax_id_kind"):
            self.add_error("tax_id_kind", _("Elija el tipo de identificación."))
        elif cleaned.get("tax_id_kind") and "tax_id" in cleaned and not cleaned["tax_id"]:
            self.add_error("tax_id", _("Escriba el número."))
        return cleaned

    def changes(self) -> ClientChanges:
        """What the services take, of a valid form."""
        cleaned = self.cleaned_data
        return {
            "full_name": cleaned["full_name"],
            "email": cleaned["email"],
            "tax_id": cleaned["tax_id"],
            "tax_id_kind": cleaned["tax_id_kind"],
            "notify_channel": cleaned["notify_channel"],
            "notify_destination": cleaned["notify_destination"],
        }
