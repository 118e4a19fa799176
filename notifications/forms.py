from __future__ import annotations

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import Language, NotifyChannel
from notifications.models import OPTIONAL, Topic
from notifications.queries import Preferences
from notifications.services.preferences import PreferenceChanges


class PreferencesForm(forms.Form):
    """How somebody is told, and of what. The boxes are for what is wanted; what is kept is what is declined."""

    channel = forms.ChoiceField(label=_("¿Por dónde le avisamos?"), choices=NotifyChannel, widget=forms.RadioSelect)
    destination = forms.CharField(label=_("Correo o celular para los avisos"), max_length=254)
    language = forms.ChoiceField(label=_("Idioma de los mensajes"), choices=Language)
    wanted = forms.MultipleChoiceField(
        label=_("¿De qué le avisamos?"),
        required=False,
        choices=[(topic.value, topic.label) for topic in OPTIONAL],
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, preferences: Preferences, data: QueryDict | None = None) -> None:
        wanted = [topic.value for topic in OPTIONAL if topic.value not in preferences.declined]
        initial = {
            "channel": preferences.channel,
            "destination": preferences.destination,
            "language": preferences.language,
            "wanted": wanted,
        }
        super().__init__(data, initial=initial)
        if not preferences.can_choose:
            for name in ("channel", "destination", "wanted"):
                del self.fields[name]

    def changes(self) -> PreferenceChanges:
        """Only what was touched: a page that was open for long does not write over what changed in the meantime."""
        given, touched = self.cleaned_data, self.changed_data
        changes = PreferenceChanges()
        if "channel" in touched or "destination" in touched:
            changes["channel"], changes["destination"] = given["channel"], given["destination"]
        if "language" in touched:
            changes["language"] = given["language"]
        if "wanted" in touched:
            changes["declined"] = [Topic(topic) for topic in OPTIONAL if topic.value not in given["wanted"]]
        return changes


class ReadForm(forms.Form):
    """Up to which moment everything has been seen: what arrived after the page was made stays unread."""

    until = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M:%S.%f%z"])
