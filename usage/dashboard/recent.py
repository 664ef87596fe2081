"""Single requests, the newest first."""

from dataclasses import dataclass
from hashlib import sha256

from portal.web.pagination import PageQuery
from usage.dashboard.overview import STATUSES
from usage.models import UsageRecord
from usage.reports import Period, Scope, recent


@dataclass(frozen=True)
class Request:
    record: UsageRecord
    status: object


@dataclass(frozen=True)
class RecentRequests:
    """`fingerprint` changes when a request begins or ends."""

    rows: list[Request]
    next_cursor: str | None
    fingerprint: str


def recent_requests(scope: Scope, period: Period, query: PageQuery) -> RecentRequests:
    """Raises `BadParameter`."""
    page = recent(scope, period, query)
    seen = ",".join(f"{row.public_id}:{row.status}" for row in page.rows)
    return RecentRequests(
        [Request(row, STATUSES[row.status]) for row in page.rows],
        page.next_cursor,
        sha256(seen.encode()).hexdigest()[:16],
    )
