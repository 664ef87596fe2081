"""What every page does for the person who is signed in."""

import zoneinfo
from collections.abc import Callable, Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation

from accounts.access import is_verified
from accounts.browsers.services import note_seen
from accounts.models import Preferences
from accounts.profile.appearance import preferences

# Where somebody whose account is being deleted, or whose address is not verified, can still go.
_OPEN_NAMES = ("deletion-undo", "account_logout")
_OPEN_BELOW = ("/api/", "/verify-email/")
_OPEN_WHILE_UNVERIFIED = ("account_email_verification_sent", "account_logout")


class PersonMiddleware:
    """Their language and time, when they were last seen, and the one page left of an account that ends."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Without the cookie nobody is signed in, and the database need not be asked.
        chosen = preferences(request) if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        if chosen is None:
            return self._get_response(request)
        note_seen(request)
        if chosen.user.deletion_due_at is not None and not _is_open(request.path, _OPEN_NAMES):
            return redirect("deletion-undo")
        if not _is_open(request.path, _OPEN_WHILE_UNVERIFIED) and not is_verified(chosen.user):
            return redirect("account_email_verification_sent")
        return self._respond(request, chosen)

    def _respond(self, request: HttpRequest, chosen: Preferences) -> HttpResponse:
        if chosen.language in dict(settings.LANGUAGES):
            translation.activate(chosen.language)
            request.LANGUAGE_CODE = chosen.language
        try:
            if chosen.time_zone:
                timezone.activate(zoneinfo.ZoneInfo(chosen.time_zone))
            return self._get_response(request)
        finally:
            # The thread serves somebody else next.
            timezone.deactivate()


def _is_open(path: str, names: Sequence[str]) -> bool:
    """The API judges for itself; probes, and the link in a mail, are for everybody."""
    return path in (*map(reverse, names), "/api", "/healthz", "/readyz") or path.startswith(_OPEN_BELOW)
