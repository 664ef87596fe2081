"""Times as the API writes them."""

from datetime import UTC, datetime
from typing import overload


@overload
def rfc3339(at: datetime) -> str: ...
@overload
def rfc3339(at: None) -> None: ...
def rfc3339(at: datetime | None) -> str | None:
    """UTC, to the millisecond: `2026-02-28T23:59:59.000Z`."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
