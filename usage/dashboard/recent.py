"""Single requests, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from accounts.access import User
from portal.web.pagination import PageQuery
from usage.dashboard.origins import origins
from usage.dashboard.overview import STATUSES
from usage.models import UsageRecord
from usage.reports import Period, Scope, recent, running


@dataclass(frozen=True)
class Request:
    """`origin` is the address of where it was made, if there is such a place."""

    record: UsageRecord
    status: object
    origin: str


@dataclass(frozen=True)
class RecentRequests:
    """`fingerprint` changes when a request begins or ends, whether or not it is among the `records`."""

    records: Sequence[UsageRecord]
    next_cursor: str | None
    fingerprint: str

    def rows(self, reader: User) -> list[Request]:
        """With the origins that `reader` may see."""
        found = origins(reader, [record.pk for record in self.records])
        return [Request(each, STATUSES[each.status], found.get(each.pk, "")) for each in self.records]


def recent_requests(scope: Scope, period: Period, query: PageQuery) -> RecentRequests:
    """Raises `BadParameter`."""
    page = recent(scope, period, query)
    seen = [f"{row.public_id}:{row.status}" for row in page.rows]
    # What ends may be further down than the list goes.
    seen.extend(map(str, running(scope, period)))
    return RecentRequests(page.rows, page.next_cursor, sha256(",".join(seen).encode()).hexdigest()[:16])
