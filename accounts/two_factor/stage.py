"""The step of signing in that asks for the second factor.

It comes last in allauth's sign-in, whatever came first: password, Google, a mailed link. Until it is
passed nobody is signed in; what is known so far waits in the session as allauth's `Login`.
"""

import django_otp
from allauth.account.stages import LoginStage, LoginStageController
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_otp.models import Device

from accounts.models import User
from accounts.two_factor.devices import has_second_factor
from accounts.two_factor.policy import is_required
from accounts.two_factor.trust import trusted_device

KEY = "second_factor"


class SecondFactorStage(LoginStage):
    key = KEY
    urlname = "two-factor"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        if user is None:
            return None, True
        if has_second_factor(user):
            device = trusted_device(self.request, user)
            if device is None:
                return redirect("two-factor"), True
            _remember(self.request, device)
        elif is_required(user):
            return redirect("two-factor-set-up"), True
        return None, True


def pending(request: HttpRequest) -> tuple[LoginStage, User] | None:
    """Who has shown everything but the second factor."""
    if request.user.is_authenticated:
        return None
    stage = LoginStageController.enter(request, KEY)
    return (stage, stage.login.user) if stage is not None else None


def complete(request: HttpRequest, stage: LoginStage, device: Device) -> HttpResponse:
    """Signs in, and answers with the redirect to where the person wanted to go."""
    _remember(request, device)
    return stage.exit()


def _remember(request: HttpRequest, device: Device) -> None:
    request.second_factor = device  # type: ignore[attr-defined]


def mark_verified(request: HttpRequest) -> None:
    """Called when the session begins."""
    device = getattr(request, "second_factor", None)
    if device is not None:
        django_otp.login(request, device)
