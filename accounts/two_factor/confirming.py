"""Confirming who is asking, in one request, for callers of the JSON API."""

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.two_factor.recency import is_recent
from accounts.two_factor.verification import verify_code
from portal.web.errors import BadParameter, NotAllowed, TooManyRequests


class ConfirmationNeeded(NotAllowed):
    code = "confirmation_required"


def require_recent_or(request: HttpRequest, *, password: str, code: str) -> None:
    """Lately signed in or confirmed, or the password or a code right now."""
    if is_recent(request):
        return
    if password and "\0" not in password:
        _check_password(request, password)
    elif code:
        verify_code(request, user=request.user, code=code)  # type: ignore[arg-type]
    else:
        raise ConfirmationNeeded("Send `password` or `code`: your sign-in is some time ago.", "password")
    method = "password" if password else "second_factor"
    record_authentication(request, request.user, method, reauthenticated=True)  # type: ignore[arg-type]


def _check_password(request: HttpRequest, password: str) -> None:
    try:
        is_right = get_adapter().reauthenticate(request.user, password)  # type: ignore[arg-type]
    except ValidationError as error:
        raise TooManyRequests(" ".join(error.messages), "password", retry_after=300) from None
    if not is_right:
        raise BadParameter("password: this is not your password.", "password")
