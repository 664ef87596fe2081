"""What somebody has spent in a span of time: from here the counters of limits are rebuilt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from django.db.models import F, Sum

from portal.batching import Batches
from usage.models import Status, UsageRecord


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose requests are counted together."""

    kind: Literal["key", "user"]
    id: UUID


@dataclass(frozen=True, slots=True)
class Span:
    """Requests that began in `since` ≤ time < `until`."""

    payer: Payer
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class OpenRequest:
    id: UUID
    tokens: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Spent:
    """Settled tokens and cost; what is set aside for requests that still run."""

    tokens: int
    cost: Decimal
    open: Sequence[OpenRequest]


async def spent(span: Span) -> Spent:
    return await _spent.put(span)


async def begun(span: Span) -> Sequence[tuple[UUID, datetime]]:
    """Every request of the span, with when it began."""
    return await _begun.put(span)


def _read_spent(spans: Sequence[Span]) -> list[Spent]:
    # Many callers find the same counter missing at the same moment.
    read = {span: _read(span) for span in dict.fromkeys(spans)}
    return [read[span] for span in spans]


def _read(span: Span) -> Spent:
    """Settled rows are read first: one that settles meanwhile is then in neither part, never in both.

    Whoever settles it finds that it is not held, and has the counter rebuilt.
    """
    rows = UsageRecord.objects.filter(**_where(span))
    tokens = F("input_tokens") + F("output_tokens")
    final = rows.exclude(status=Status.OPEN).aggregate(
        tokens=Sum(tokens, default=0), cost=Sum("cost", default=Decimal(0))
    )
    running = rows.filter(status=Status.OPEN).values_list("id", "reserved_tokens", "reserved_cost")
    return Spent(final["tokens"], final["cost"], [OpenRequest(*row) for row in running])


def _read_begun(spans: Sequence[Span]) -> list[Sequence[tuple[UUID, datetime]]]:
    read = {
        span: list(UsageRecord.objects.filter(**_where(span)).values_list("id", "started_at"))
        for span in dict.fromkeys(spans)
    }
    return [read[span] for span in spans]


def _where(span: Span) -> dict[str, object]:
    return {
        f"{span.payer.kind}_id": span.payer.id,
        "started_at__gte": span.since,
        "started_at__lt": span.until,
    }


_spent: Batches[Span, Spent] = Batches("spending", _read_spent)
_begun: Batches[Span, Sequence[tuple[UUID, datetime]]] = Batches("begun-requests", _read_begun)
