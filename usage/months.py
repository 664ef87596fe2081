"""Moments and the ids of requests: the time comes first in both (UUIDv7), to the millisecond."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from portal.web.ids import uuid7

# How far a request's id and its `started_at`, taken one after the other, may ever be apart.
SLACK = timedelta(hours=1)


def month_start(moment: datetime, months: int = 0) -> datetime:
    """Of the month in UTC that is so many after the one of `moment`."""
    at = moment.astimezone(UTC)
    count = at.year * 12 + at.month - 1 + months
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)


def first_id(moment: datetime) -> UUID:
    """No id made at that moment or later is smaller."""
    return UUID(int=_milliseconds(moment) << 80)


def id_of(moment: datetime) -> UUID:
    """A new one, as if it had been made then."""
    seconds, rest = divmod(_milliseconds(moment), 1000)
    return uuid7(seconds, rest * 1_000_000)


def _milliseconds(moment: datetime) -> int:
    return max(0, (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1))
