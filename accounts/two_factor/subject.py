"""Whose second factor a request is about: of a person signed in, or of one half-way there."""

from dataclasses import dataclass
from typing import Any

import django_otp
from allauth.account.internal.flows.login import record_authentication
from allauth.account.stages import LoginStage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_otp.models import Device

from accounts.models import User
from accounts.two_factor import stage, trust
from accounts.two_factor.devices import has_second_factor
from portal.web.errors import NotSignedIn


@dataclass(frozen=True)
class Subject:
    user: User
    pending: LoginStage | None

    @property
    def must_set_up(self) -> bool:
        """Half-way there, without a second factor, and in need of one."""
        return self.pending is not None and not has_second_factor(self.user)


def subject_of(request: HttpRequest) -> Subject:
    user: Any = request.user
    if user.is_authenticated and user.emailaddress_set.filter(verified=True).exists():
        return Subject(user, None)
    found = stage.pending(request)
    if found is None:
        raise NotSignedIn("Sign in first.")
    return Subject(found[1], found[0])


def passed(request: HttpRequest, subject: Subject, device: Device, *, trusts: bool = False) -> HttpResponse:
    """The person has just shown `device`. Answers with the redirect to what they wanted."""
    if subject.pending is not None:
        response = stage.complete(request, subject.pending, device)
    else:
        django_otp.login(request, device)
        record_authentication(request, subject.user, "second_factor", reauthenticated=True)
        response = redirect("security")
    if trusts:
        trust.trust_browser(request, response, user=subject.user)
    return response
