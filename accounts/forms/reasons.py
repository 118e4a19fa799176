from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from ledger.services import LONGEST_REASON


class ReasonForm(forms.Form):
    """Why staff do to others what they do."""

    reason = forms.CharField(
        label=_("Motivo"),
        max_length=LONGEST_REASON,
        error_messages={"required": _("Escriba el motivo.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
