"""Requests as a CSV file, sent as they are read: however many there are, few are in memory."""

import csv
import io
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.http import StreamingHttpResponse

from portal.database import in_database
from portal.web.spreadsheets import cell
from usage.api.shapes import request_object
from usage.models import UsageRecord

COLUMNS = (
    "id",
    "time",
    "model",
    "keyId",
    "key",
    "format",
    "stream",
    "status",
    "error",
    "inputTokens",
    "outputTokens",
    "cachedTokens",
    "tokensSource",
    "cost",
    "latency",
    "firstToken",
)
_PIECE = 500


def csv_of(rows: QuerySet[UsageRecord], name: str) -> StreamingHttpResponse:
    """The oldest first."""
    response = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


async def _lines(rows: QuerySet[UsageRecord]) -> AsyncGenerator[str, None]:
    rows = rows.select_related("key").order_by("started_at", "pk")
    yield _written([COLUMNS])
    beyond = Q()
    while found := await in_database(list, rows.filter(beyond)[:_PIECE]):
        yield _written(_cells(record) for record in found)
        last = found[-1]
        beyond = Q(started_at__gt=last.started_at) | Q(started_at=last.started_at, pk__gt=last.pk)


def _cells(record: UsageRecord) -> list[Any]:
    """Costs to the last digit; nothing that a spreadsheet would run (battery W09)."""
    values = request_object(record) | {"cost": f"{record.cost:f}"}
    return [cell(values[column]) for column in COLUMNS]


def _written(rows: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
