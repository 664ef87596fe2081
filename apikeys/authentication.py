"""Who calls the management API: a key, or a signed-in browser."""

from typing import Any

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from accounts.access import User, may_use_models
from apikeys.access import find_by_secret
from apikeys.credentials import ConflictingCredentials, presented_secret
from apikeys.guessing import count_wrong_key
from apikeys.holders import holder_of, require_usable
from apikeys.models import ApiKey
from apikeys.services import note_use
from portal.web.client_address import request_address
from portal.web.errors import InvalidKey, NotAllowed


class KeyAuthentication(BaseAuthentication):
    """`request.auth` is the key. The verdict is the completions' own: `apikeys.holders`."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        try:
            secret = presented_secret(_key_headers(request))
        except ConflictingCredentials:
            raise AuthenticationFailed("The request carries two different API keys.") from None
        if secret is None:
            return None
        key = find_by_secret(secret)
        if key is not None and not may_use_models(key.user):
            key = None
        if key is None:
            count_wrong_key(request_address(request))
        try:
            require_usable(holder_of(key) if key else None, request_address(request))
        except InvalidKey as error:
            raise AuthenticationFailed(str(error)) from None
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from None
        assert key is not None  # noqa: S101
        note_use(key)
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
