"""Whether the person at the browser has lately shown who they are."""

import time

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpRequest


def is_recent(request: HttpRequest) -> bool:
    """By signing in or by confirming it."""
    records = get_authentication_records(request, request.user)
    latest = max((record["at"] for record in records), default=0)
    return time.time() - latest < app_settings.REAUTHENTICATION_TIMEOUT


def require_recent(request: HttpRequest) -> None:
    """Sends to `/confirm-access`, which comes back to this very request."""
    if not is_recent(request):
        raise ReauthenticationRequired
