"""Spans of time, and how a chart divides them in somebody's time zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Bucket = Literal["hour", "day", "week"]
PERIODS = {
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
    "1y": timedelta(days=365),
}
# Ten years, and some days: nobody need count leap years.
_LONGEST = timedelta(days=3660)


@dataclass(frozen=True)
class Period:
    """since ≤ time < until, both aware. A request belongs to when it began."""

    since: datetime
    until: datetime

    @classmethod
    def of(cls, name: str, now: datetime) -> "Period":
        """One of `PERIODS`, up to now."""
        return cls(now - PERIODS[name], now)

    @property
    def is_too_long(self) -> bool:
        return self.until.astimezone(UTC) - self.since.astimezone(UTC) > _LONGEST

    def previous(self) -> "Period":
        """The equally long one that ends where this one begins."""
        return Period(self.since - (self.until - self.since), self.since)


def starts(period: Period, bucket: Bucket, zone: ZoneInfo) -> list[datetime]:
    """Of every bucket that has some of the period, in `zone`, the oldest first. The first may begin before
    the period does. Weeks begin on Monday. A day has 23, 24 or 25 hours, as the clocks of `zone` go."""
    found = [_start(period.since, bucket, zone)]
    while (following := _next(found[-1], bucket, zone)) < period.until:
        found.append(following)
    return found


def _start(at: datetime, bucket: Bucket, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    if bucket == "hour":
        # What the clock shows may come twice; how far it is into its hour does not depend on that.
        into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return (at.astimezone(UTC) - into).astimezone(zone)
    back = local.weekday() if bucket == "week" else 0
    return _midnight(local - timedelta(days=back), zone)


def _next(start: datetime, bucket: Bucket, zone: ZoneInfo) -> datetime:
    if bucket == "hour":
        return (start.astimezone(UTC) + timedelta(hours=1)).astimezone(zone)
    days = 7 if bucket == "week" else 1
    return _midnight(start + timedelta(days=days), zone)


def _midnight(at: datetime, zone: ZoneInfo) -> datetime:
    """The day's first moment; where clocks go forward at midnight, that is one o'clock."""
    wall = datetime.combine(at.date(), time(), zone)
    return wall.astimezone(UTC).astimezone(zone)
