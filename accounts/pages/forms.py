"""What people type on their profile's pages."""

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import MAX_INSTRUCTIONS, Preferences, Theme, User
from accounts.profile.model_choices import models_offered_to


class ProfileForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=150,
        help_text=_("How the portal greets you."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(label=_("Language"), required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)
    theme = forms.ChoiceField(label=_("Theme"), choices=Theme.choices)
    default_model = forms.ChoiceField(
        label=_("Default model"), required=False, help_text=_("New chats begin with it.")
    )
    instructions = forms.CharField(
        label=_("Custom instructions"),
        required=False,
        max_length=MAX_INSTRUCTIONS,
        help_text=_("What every answer in your chats should heed. Models see it before your question."),
        widget=forms.Textarea(
            attrs={"rows": 5, "placeholder": _("Keep answers short. I write in British English.")}
        ),
    )

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        names = models_offered_to(user)
        zones = sorted(name for name in zoneinfo.available_timezones() if _is_for_people(name))
        self._offer("language", _("As my browser says"), settings.LANGUAGES)
        self._offer("time_zone", "UTC", [(zone, zone.replace("_", " ")) for zone in zones])
        self._offer("default_model", _("The portal's"), [(name, name) for name in names])

    def _offer(self, field: str, nothing: Any, choices: list[tuple[str, str]]) -> None:
        chosen = self.initial.get(field, "")
        kept = [] if not chosen or chosen in dict(choices) else [(chosen, chosen)]
        self.fields[field].choices = [("", nothing), *choices, *kept]  # type: ignore[attr-defined]


class DeletionForm(forms.Form):
    email = forms.CharField(
        label=_("Type your e-mail address to confirm"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self._user = user

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if email.strip().lower() != self._user.email:
            raise forms.ValidationError(_("This is not the address of this account."))
        return email


def initial(user: User, chosen: Preferences) -> dict[str, str]:
    fields = ("language", "time_zone", "theme", "default_model", "instructions")
    return {"name": user.name, **{field: getattr(chosen, field) for field in fields}}


def _is_for_people(zone: str) -> bool:
    """Cities; not the many old and technical names beside them."""
    region = zone.partition("/")[0]
    return region in _REGIONS


_REGIONS = frozenset(
    ["Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"]
)
