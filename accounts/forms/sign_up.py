from __future__ import annotations

from allauth.account import forms as allauth
from django import forms
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Language, NotifyChannel, User
from accounts.services.registration import InvalidRegistration, register
from core.errors import DomainError


class SignUpForm(allauth.SignupForm):
    """Sign-up on the pages: the same service as the API's, its refusals shown beside their fields."""

    full_name = forms.CharField(
        label=_("Nombre completo"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    notify_channel = forms.ChoiceField(
        label=_("¿Por dónde le avisamos?"), choices=NotifyChannel, widget=forms.RadioSelect, initial=NotifyChannel.EMAIL
    )
    notify_destination = forms.CharField(
        label=_("Correo o celular para los avisos"),
        max_length=254,
        required=False,
        help_text=_("Si lo deja vacío y eligió correo, usamos el suyo."),
    )
    field_order = ["full_name", "email", "password1", "password2", "notify_channel", "notify_destination"]

    def try_save(self, request: HttpRequest) -> tuple[User, None]:
        """Registers. Raises what `register` raises; the view hands it to `show`."""
        cleaned = self.cleaned_data
        channel, destination = cleaned["notify_channel"], cleaned["notify_destination"]
        registered = register(
            email=cleaned["email"],
            full_name=cleaned["full_name"],
            password=cleaned["password1"],
            notify_channel=channel,
            notify_destination=destination or (cleaned["email"] if channel == NotifyChannel.EMAIL else ""),
            language=get_language() or Language.ES,
        )
        return registered.user, None

    def show(self, refusal: DomainError) -> None:
        """Put a refusal beside the fields it speaks of."""
        if isinstance(refusal, InvalidRegistration):
            for name, texts in refusal.errors.items():
                self.add_error("password1" if name == "password" else name, texts)
        else:
            self.add_error(refusal.field, str(refusal))
