from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from banking.codes import LONGEST_TYPED, grouped, read_code


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Código del documento"),
        max_length=LONGEST_TYPED,
        help_text=_("Está al pie de cada página y debajo del código QR, así: 7Q2M-0RX4-K9TB."),
        error_messages={"required": _("Escriba el código.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def clean_code(self) -> str:
        """Ours as it is printed; anything else as it was typed, but for what an address cannot hold in one piece."""
        typed: str = self.cleaned_data["code"]
        known = read_code(typed)
        return grouped(known) if known else typed.replace("/", "-").replace(".", "-")


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("Archivo PDF"),
        help_text=_("Lo comparamos y no lo guardamos. 5 MB como máximo."),
        error_messages={"required": _("Elija el archivo."), "empty": _("El archivo está vacío.")},
        widget=forms.FileInput(attrs={"accept": "application/pdf"}),
    )
