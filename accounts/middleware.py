"""What every page does for the person who is signed in."""

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation

from accounts.browsers.services import note_seen
from accounts.models import Preferences
from accounts.profile.appearance import preferences

# Where somebody whose account is being deleted can still go.
_OPEN_NAMES = ("deletion-undo", "account_logout")


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
        if chosen.user.deletion_due_at is not None and not _is_open(request.path):
            return redirect("deletion-undo")
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


def _is_open(path: str) -> bool:
    return path in [reverse(name) for name in _OPEN_NAMES] or path.startswith("/api/")
