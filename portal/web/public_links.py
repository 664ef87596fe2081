"""Links that cannot be guessed: their tokens, and what the pages behind them tell browsers."""

import hashlib
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

View = Callable[..., HttpResponseBase]
_TOKEN_BYTES = 24
_POLICY = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF],
    "connect-src": [NONE],
    "form-action": [NONE],
}


def new_token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


def digest_of(token: str) -> str:
    """What of a token is stored."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def public_page(view: View) -> View:
    """One that nobody finds without its link, and that asks nothing of others."""
    page: View = require_safe(csp_replace(_POLICY)(unlisted(view)))
    return page


def unlisted(view: View) -> View:
    @wraps(view)
    def shown(*arguments: Any, **named: Any) -> HttpResponseBase:
        response = view(*arguments, **named)
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        # Revoked means gone: nobody's copy may be shown without asking us.
        response.setdefault("Cache-Control", "private, no-cache")
        response["Referrer-Policy"] = "no-referrer"
        return response

    return shown
