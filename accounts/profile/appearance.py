"""How pages look to the person who reads them."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.access import preferences_of
from accounts.models import Preferences, User


def appearance(request: HttpRequest) -> dict[str, Any]:
    """A context processor. Nobody's preferences are None."""
    return {"preferences": SimpleLazyObject(lambda: preferences(request))}


def preferences(request: HttpRequest) -> Preferences | None:
    """Read once a request."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return None
    known: Preferences | None = getattr(request, "_preferences", None)
    if known is None:
        known = request._preferences = preferences_of(user)  # type: ignore[attr-defined]
    return known
