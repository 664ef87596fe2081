"""What a person says about a key, in a form. The rules are the services' own: `apikeys.definition`."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.utils.translation import gettext_lazy as _

from apikeys.models import ApiKey, Permission
from portal.web.errors import BadParameter

T = TypeVar("T")

KEEP = "keep"
_DAYS = [
    ("7", _("in 7 days")),
    ("30", _("in 30 days")),
    ("90", _("in 90 days")),
    ("365", _("in a year")),
]


def _number(label: str, help_text: str = "") -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"autocomplete": "off", "inputmode": "numeric"})
    return forms.IntegerField(label=label, required=False, min_value=1, help_text=help_text, widget=widget)


def _lines(label: str, help_text: str) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, required=False, help_text=help_text, widget=widget)


class KeyForm(forms.Form):
    """For a new key, or to change `key`."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("Says where it is used, such as “Production server”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    permissions = forms.MultipleChoiceField(
        label=_("Permissions"),
        choices=Permission.choices,
        initial=[Permission.CHAT],
        widget=forms.CheckboxSelectMultiple,
    )
    rpm_limit = _number(_("Requests per minute"))
    daily_limit = _number(_("Tokens per day"))
    monthly_limit = _number(_("Tokens per month"), _("Days and months in UTC. Empty: no limit."))
    monthly_cost_limit = forms.DecimalField(
        label=_("Cost per month"), required=False, min_value=0, help_text=_("Empty: no limit.")
    )
    expires = forms.ChoiceField(label=_("Expires"), choices=[("", _("never")), *_DAYS], required=False)
    ip_whitelist = _lines(
        _("Allowed addresses"),
        _("One a line, such as 203.0.113.10 or 203.0.113.0/24. Empty: from everywhere."),
    )
    allowed_models = _lines(_("Allowed models"), _("One name a line. Empty: all models."))

    # Those that most keys do without.
    MORE = ("rpm_limit", "daily_limit", "monthly_limit", "monthly_cost_limit", "expires")
    MORE_LINES = ("ip_whitelist", "allowed_models")

    def __init__(self, *args: Any, key: ApiKey | None = None, **kwargs: Any) -> None:
        if key is not None:
            kwargs["initial"] = _initial(key)
        super().__init__(*args, **kwargs)
        if key is not None and key.expires_at is not None:
            keep = _("as it is: %(date)s UTC") % {"date": f"{key.expires_at:%Y-%m-%d %H:%M}"}
            self.fields["expires"].choices = [(KEEP, keep), ("", _("never")), *_DAYS]

    @property
    def first_fields(self) -> list[Any]:
        return [self["name"], self["permissions"]]

    @property
    def number_fields(self) -> list[Any]:
        return [self[name] for name in self.MORE]

    @property
    def line_fields(self) -> list[Any]:
        return [self[name] for name in self.MORE_LINES]

    @property
    def has_more(self) -> bool:
        """Whether the rest should be open from the start."""
        rest = (*self.MORE, *self.MORE_LINES)
        return any(self[name].errors or self[name].value() for name in rest)

    def done(self, act: Callable[..., T]) -> T | None:
        """Calls the service with what was said; what it refuses becomes the field's error, and None."""
        try:
            return act(**self._said())
        except BadParameter as error:
            field = _field(error.param)
            message = str(error).removeprefix(f"{error.param}: ")
            self.add_error(field if field in self.fields else None, message[0].upper() + message[1:])
            return None

    def _said(self) -> dict[str, Any]:
        said = {**self.cleaned_data}
        expires = said.pop("expires")
        if expires != KEEP:
            said["expires_in_days"] = int(expires) if expires else None
        for name in self.MORE_LINES:
            said[name] = [line for line in re.split(r"[\s,]+", said[name]) if line]
        return said


def _initial(key: ApiKey) -> dict[str, Any]:
    cost = key.monthly_cost_limit
    return {
        "name": key.name,
        "permissions": key.permissions,
        "rpm_limit": key.rpm_limit,
        "daily_limit": key.daily_limit,
        "monthly_limit": key.monthly_limit,
        "monthly_cost_limit": None if cost is None else f"{cost.normalize():f}",
        "expires": KEEP if key.expires_at else "",
        "ip_whitelist": "\n".join(key.ip_whitelist),
        "allowed_models": "\n".join(key.allowed_models),
    }


def _field(param: str | None) -> str:
    """`ipWhitelist[1]` → `ip_whitelist`."""
    name = re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), (param or "").partition("[")[0])
    return "expires" if name == "expires_in_days" else name


class RegenerateForm(forms.Form):
    grace = forms.ChoiceField(
        label=_("The old secret"),
        required=False,
        choices=[
            ("0", _("stops working at once")),
            ("3600", _("works for another hour")),
            ("86400", _("works for another day")),
            ("604800", _("works for another week")),
        ],
        help_text=_("Choose “at once” when it may have leaked."),
    )
