"""Hours, days and months in UTC."""

from datetime import UTC, datetime, timedelta

from usage.models import Grain

# A bucket is put together from those of the next finer grain.
COARSE_TO_FINE = (Grain.MONTH, Grain.DAY, Grain.HOUR)


def start_of(grain: Grain, at: datetime) -> datetime:
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if grain == Grain.HOUR:
        return hour
    day = hour.replace(hour=0)
    return day if grain == Grain.DAY else day.replace(day=1)


def end_of(grain: Grain, start: datetime) -> datetime:
    if grain == Grain.HOUR:
        return start + timedelta(hours=1)
    if grain == Grain.DAY:
        return start + timedelta(days=1)
    return (start + timedelta(days=32)).replace(day=1)


def starts_within(grain: Grain, since: datetime, until: datetime) -> list[datetime]:
    """Of the buckets that lie wholly in since ≤ time < until."""
    start = start_of(grain, since)
    if start < since:
        start = end_of(grain, start)
    found = []
    while (end := end_of(grain, start)) <= until:
        found.append(start)
        start = end
    return found
