"""Forms of ours in allauth's flows."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import PasswordField
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.two_factor.verification import verify_code
from portal.web.errors import ApiError


class CodeField(forms.CharField):
    """Filled in by phones and password managers by themselves."""

    def __init__(self, **options: Any) -> None:
        attributes = {
            "autocomplete": "one-time-code",
            "autocapitalize": "none",
            "spellcheck": "false",
            "autofocus": True,
        }
        super().__init__(label=_("Code"), max_length=32, widget=forms.TextInput(attrs=attributes), **options)


class ConfirmAccessForm(forms.Form):
    """Asks for the password; a person without one (they came by Google) for a code."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user
        if user.has_usable_password():
            self.fields["password"] = PasswordField(label=_("Password"), autocomplete="current-password")
        else:
            self.fields["code"] = CodeField(help_text=_("From your authenticator app, or a backup code."))

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        if not get_adapter().reauthenticate(self._user, password):
            raise get_adapter().validation_error("incorrect_password")
        return password

    def clean_code(self) -> str:
        try:
            verify_code(get_adapter().request, user=self._user, code=self.cleaned_data["code"])
        except ApiError as error:
            raise forms.ValidationError(str(error)) from None
        return self.cleaned_data["code"]
