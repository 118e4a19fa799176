from __future__ import annotations

from typing import cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, Gender, NotifyChannel, User
from accounts.queries.places import cities_by_province, city_by_slug
from accounts.services.users import FOR_CLIENTS, ProfileChanges


def _cities() -> list[tuple[str, object]]:
    return [("", _("Sin indicar")), *cities_by_province()]


class ProfileForm(forms.Form):
    """What somebody says about themself; how notices reach them, if they are a client."""

    full_name = forms.CharField(
        label=_("Nombre completo"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("Correo electrónico"),
        max_length=254,
        help_text=_("Con él inicia sesión."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    gender = forms.ChoiceField(label=_("Género"), required=False, choices=[("", _("Sin indicar")), *Gender.choices])
    birth_date = forms.DateField(
        label=_("Fecha de nacimiento"),
        required=False,
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )
    city = forms.ChoiceField(label=_("Ciudad"), required=False, choices=_cities)
    notify_channel = forms.ChoiceField(
        label=_("¿Por dónde le avisamos?"), choices=NotifyChannel, widget=forms.RadioSelect
    )
    notify_destination = forms.CharField(label=_("Correo o celular para los avisos"), max_length=254)
    time_zone = forms.CharField(
        label=_("Zona horaria"),
        max_length=64,
        help_text=_("Con ella contamos sus días: el límite diario y las fechas de lo que programa."),
        widget=forms.TextInput(attrs={"list": "zonas", "autocomplete": "off"}),
    )

    def __init__(self, user: User, data: QueryDict | None = None) -> None:
        client: Client | None = getattr(user, "client", None)
        initial: dict[str, object] = {
            "full_name": user.full_name,
            "email": user.email,
            "gender": user.gender,
            "birth_date": user.birth_date,
            "city": user.city.slug if user.city else "",
        }
        if client:
            initial |= {name: getattr(client, name) for name in FOR_CLIENTS}
        super().__init__(data, initial=initial)
        if client is None:
            for name in FOR_CLIENTS:
                del self.fields[name]

    def changes(self) -> ProfileChanges:
        """Only what was touched: a page that was open for long does not write over what changed in the meantime."""
        touched = {name: value for name, value in self.cleaned_data.items() if name in self.changed_data}
        if "city" in touched:
            touched["city"] = city_by_slug(touched["city"])
        return cast(ProfileChanges, touched)
