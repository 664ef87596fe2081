"""How a caller's limits stand, in the headers its SDK knows (conformance O32, A30).

Of several quotas of tokens the tightest is told.
"""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from apikeys.limits import Kind, Standing
from portal.web.times import rfc3339

UNITS = ("requests", "tokens")
LIMIT_HEADERS = [
    name
    for unit in UNITS
    for said in ("limit", "remaining", "reset")
    for name in (f"x-ratelimit-{said}-{unit}", f"anthropic-ratelimit-{unit}-{said}")
]
Write = Callable[[str, Standing], dict[str, str]]


def limit_headers(dialect: str, standings: Sequence[Standing]) -> dict[str, str]:
    write = _WRITERS[dialect]
    requests = [each for each in standings if each.limit.kind is Kind.REQUESTS_PER_MINUTE]
    tokens = [each for each in standings if each.limit.kind.is_of_tokens]
    headers = {}
    for unit, known in zip(UNITS, (requests, tokens), strict=True):
        if known:
            headers |= write(unit, min(known, key=lambda each: each.remaining))
    return headers


def _openai(unit: str, standing: Standing) -> dict[str, str]:
    left = (standing.resets_at - datetime.now(UTC)).total_seconds()
    return {
        f"x-ratelimit-limit-{unit}": str(standing.limit.value),
        f"x-ratelimit-remaining-{unit}": str(standing.remaining),
        f"x-ratelimit-reset-{unit}": duration(left),
    }


def _anthropic(unit: str, standing: Standing) -> dict[str, str]:
    return {
        f"anthropic-ratelimit-{unit}-limit": str(standing.limit.value),
        f"anthropic-ratelimit-{unit}-remaining": str(standing.remaining),
        f"anthropic-ratelimit-{unit}-reset": rfc3339(standing.resets_at),
    }


_WRITERS: dict[str, Write] = {"openai": _openai, "anthropic": _anthropic}


def duration(seconds: float) -> str:
    """As OpenAI writes it: `120ms`, `6m0s`, `23h0m1s`."""
    if seconds < 1:
        return f"{max(0, round(seconds * 1000))}ms"
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
