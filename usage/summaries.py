"""Totals over the ledger."""

from datetime import timedelta
from typing import Any

from django.db.models import Avg, Count, Q, QuerySet, Sum
from django.utils import timezone

from accounts.access import User
from portal.web.errors import BadParameter
from usage.models import Status, UsageRecord

PERIODS = {
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
    "1y": timedelta(days=365),
}


def summary(user: User, *, period: str, model: str | None = None) -> dict[str, Any]:
    """`avgResponseTime` in milliseconds over finished requests, `errorRate` in percent of them,
    `totalCost` in the portal's currency. Requests still open count in `totalRequests` only."""
    if period not in PERIODS:
        raise BadParameter(f"period must be one of {', '.join(PERIODS)}.", "period")
    rows = UsageRecord.objects.filter(user=user, started_at__gte=timezone.now() - PERIODS[period])
    if model:
        rows = rows.filter(model=model)
    return {"stats": _stats(rows)}


def _stats(rows: QuerySet[UsageRecord]) -> dict[str, Any]:
    failed = Q(status__in=[Status.FAILED, Status.INTERRUPTED])
    totals = rows.aggregate(
        requests=Count("id"),
        finished=Count("id", filter=~Q(status=Status.OPEN)),
        failed=Count("id", filter=failed),
        input=Sum("input_tokens", default=0),
        output=Sum("output_tokens", default=0),
        cost=Sum("cost", default=0),
        duration=Avg("duration_ms"),
    )
    return {
        "totalRequests": totals["requests"],
        "totalTokens": totals["input"] + totals["output"],
        "inputTokens": totals["input"],
        "outputTokens": totals["output"],
        "totalCost": float(totals["cost"]),
        "avgResponseTime": round(totals["duration"] or 0),
        "errorRate": round(100 * totals["failed"] / totals["finished"], 2) if totals["finished"] else 0,
    }
