"""The query strings of `/api/usage/…`."""

from datetime import UTC, date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from django.utils import timezone

from accounts.access import User, preferences_of
from portal.web.errors import BadParameter
from portal.web.pagination import Limit, PageQuery
from portal.web.reading import Query
from portal.web.text import require_plain_text
from usage.keys import get_own_key
from usage.reports import Bucket, Period, Scope, starts

MAX_BUCKETS = 3000
_FIRST_YEAR, _LAST_YEAR = 1971, 9000


class ReportQuery(Query, frozen=True):
    """Which requests. `from` and `to` belong to `period=custom`: a time with its zone, or a day, which begins
    at midnight UTC."""

    period: Literal["24h", "7d", "30d", "90d", "1y", "custom"] = "30d"
    since: str | None = msgspec.field(default=None, name="from")
    until: str | None = msgspec.field(default=None, name="to")
    model: str | None = None
    key_id: str | None = None
    status: Literal["open", "complete", "failed", "cancelled", "interrupted"] | None = None

    def within(self) -> Period:
        now = timezone.now()
        if self.period != "custom":
            for name, value in (("from", self.since), ("to", self.until)):
                if value is not None:
                    raise BadParameter(f"{name}: only together with period=custom.", name)
            return Period.of(self.period, now)
        if self.since is None:
            raise BadParameter("from: this is required with period=custom.", "from")
        since = _moment(self.since, "from")
        until = now if self.until is None else _moment(self.until, "to")
        if since >= until:
            raise BadParameter("from: this must be before to.", "from")
        period = Period(since, until)
        if period.is_too_long:
            raise BadParameter("to: this is more than ten years after from.", "to")
        return period

    def scope(self, user: User) -> Scope:
        """Raises `BadParameter`, and `NotFound` for a key that is not theirs; one that they deleted is."""
        require_plain_text(self.model or "", "model")
        return Scope(user.pk, key_id=self._key(user), model=self.model or None, status=self.status)

    def _key(self, user: User) -> "object | None":
        if self.key_id is None:
            return None
        return get_own_key(user, self.key_id, "keyId").pk


class SeriesQuery(ReportQuery, frozen=True):
    bucket: Bucket = "day"
    time_zone: str | None = None

    def zone(self, user: User) -> ZoneInfo:
        """The one asked for, else the account's, else UTC."""
        name = self.time_zone or preferences_of(user).time_zone or "UTC"
        if name not in available_timezones():
            raise BadParameter("timeZone: not the name of a time zone, such as Europe/Athens.", "timeZone")
        return ZoneInfo(name)

    def require_few(self, period: Period, zone: ZoneInfo) -> None:
        seconds = {"hour": 3600, "day": 86_400, "week": 604_800}[self.bucket]
        too_many = (period.until - period.since).total_seconds() > MAX_BUCKETS * seconds
        if too_many or len(starts(period, self.bucket, zone)) > MAX_BUCKETS:
            raise BadParameter(f"bucket: more than {MAX_BUCKETS} of them; take a longer one.", "bucket")


class RequestsQuery(ReportQuery, frozen=True):
    limit: Limit = 20
    cursor: str | None = None

    def page(self) -> PageQuery:
        return PageQuery(self.limit, self.cursor)


def _moment(text: str, param: str) -> datetime:
    found = _read(text)
    if found is None or found.tzinfo is None:
        raise BadParameter(f"{param}: not a time such as 2026-01-31T12:00:00Z, or a day.", param)
    # What is a day away from the calendar's ends has no time in every zone.
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise BadParameter(f"{param}: the year must be from {_FIRST_YEAR} to {_LAST_YEAR}.", param)
    return found.astimezone(UTC)


def _read(text: str) -> datetime | None:
    try:
        if len(text) == len("2026-01-31"):
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        return datetime.fromisoformat(text)
    except ValueError:
        return None
