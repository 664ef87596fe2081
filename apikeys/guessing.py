"""Somebody who tries keys that are none is told to wait (battery L05).

Counted by address, in the cache all processes share. Who has a key is never looked up here: a neighbour's
mistakes behind the same address cost them nothing.
"""

import logging
import time

from django.conf import settings
from django.core.cache import cache

from portal.web.errors import TooManyRequests

log = logging.getLogger(__name__)


def count_wrong_key(address: str | None) -> None:
    """Raises `TooManyRequests` when there were too many from there."""
    most, seconds = settings.KEY_FAILURE_RATE
    window, passed = divmod(time.time(), seconds)
    try:
        count = _count(f"wrong-keys:{address}:{int(window)}", seconds)
    except Exception:
        # A wrong key is refused all the same.
        log.warning("The cache does not answer: wrong keys are not counted.", exc_info=True)
        return
    if count > most:
        wait = max(1, round(seconds - passed))
        raise TooManyRequests("Too many wrong API keys came from your address.", retry_after=wait)


def _count(key: str, seconds: int) -> int:
    if cache.add(key, 1, seconds):
        return 1
    try:
        return int(cache.incr(key))
    except ValueError:
        # It ended between the two calls.
        return 1
