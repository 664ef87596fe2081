"""How often something may be tried, by account and by address (battery L05).

The limits are allauth's `ACCOUNT_RATE_LIMITS`; pages and JSON count in the same place.
"""

from math import ceil

from allauth.core.internal import ratelimit
from django.http import HttpRequest
from django.utils.translation import gettext as _

from portal.web.errors import TooManyRequests

_APP = "allauth.account"


def count_attempt(request: HttpRequest, action: str, *, key: str = "") -> None:
    """Raises `TooManyRequests` without counting when there were too many already."""
    if not ratelimit.consume(request, app=_APP, action=action, key=key, limit_get=True):
        raise too_many(action)


def too_many(action: str) -> TooManyRequests:
    rates = ratelimit.get_rates(app=_APP, action=action)
    seconds = ceil(max(rate.duration for rate in rates))
    return TooManyRequests(_("Too many attempts. Please try again later."), retry_after=seconds)
