"""Callers of `/api/auth/…`: browsers, signed in, half-way there or not at all."""

from typing import Any

from django.conf import settings
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request


class CookieAuthentication(SessionAuthentication):
    """CSRF is checked wherever a session cookie comes along: a session half-way there is one too (W08)."""

    def authenticate(self, request: Request) -> tuple[Any, None]:
        """The anonymous too: DRF's own nobody would hide the session's."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            self.enforce_csrf(request)
        return request._request.user, None

    def authenticate_header(self, request: Request) -> str:
        """Its presence makes DRF answer 401 instead of 403."""
        return "Session"
