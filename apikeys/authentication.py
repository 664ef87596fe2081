"""Who calls the management API: a key, or a signed-in browser."""

from typing import Any

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.access import User, may_use_models
from apikeys.access import find_by_secret
from apikeys.credentials import ConflictingCredentials, presented_secret
from apikeys.models import ApiKey

INVALID_KEY = "Incorrect API key provided. You can find your keys on the portal's /keys page."


class KeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        try:
            secret = presented_secret(_key_headers(request))
        except ConflictingCredentials:
            raise AuthenticationFailed("The request carries two different API keys.") from None
        if secret is None:
            return None
        key = find_by_secret(secret)
        if key is None or not may_use_models(key.user):
            raise AuthenticationFailed(INVALID_KEY)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        """Its presence makes DRF answer 401 instead of 403."""
        return "Bearer"


class BrowserAuthentication(SessionAuthentication):
    """Django's session, with CSRF checked, for verified people only."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        found = super().authenticate(request)
        if found is not None and not may_use_models(found[0]):
            raise AuthenticationFailed("Verify your e-mail address first.")
        return found


def _key_headers(request: HttpRequest | Request) -> list[tuple[bytes, bytes]]:
    names = ("Authorization", "X-Api-Key")
    return [
        (name.lower().encode(), request.headers.get(name, "").encode("latin-1", "replace")) for name in names
    ]
