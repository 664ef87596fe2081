"""What allauth's sign-up forms, by e-mail and social, have of ours."""

from typing import Any

from allauth.core import context
from django import forms
from django.http import HttpRequest

from accounts import signup_policy
from accounts.models import User


class PolicyForm(forms.Form):
    """allauth builds its forms on this one."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        email = self.cleaned_data.get("email")
        if email:
            try:
                signup_policy.require(email=email, invitation=signup_policy.invitation_in(context.request))
            except signup_policy.SignupRefused as error:
                self.add_error("email", str(error))
        return cleaned

    def signup(self, request: HttpRequest, user: User) -> None:
        """allauth asks for it; `signup_policy.admit` hears of every sign-up, also of those without a form."""
