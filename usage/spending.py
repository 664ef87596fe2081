"""What somebody has spent in a span of time: from here the counters of limits are rebuilt."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from accounts.access import departed_use, members_of_budget
from portal.batching import Batches
from usage.models import Status, UsageRecord


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose requests are counted together. A group pays from its budget, whose `id` it is; then `name` is the
    group's."""

    kind: Literal["key", "user", "group"]
    id: UUID
    name: str = field(default="", compare=False)


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


def spent_in(span: Span) -> Spent:
    """Settled rows are read first: one that settles meanwhile is then in neither part, never in both.

    Whoever settles it finds that it is not held, and has the counter rebuilt.
    """
    rows = _rows(span)
    departed_tokens, departed_cost = _departed(span)
    tokens = F("input_tokens") + F("output_tokens")
    final = rows.exclude(status=Status.OPEN).aggregate(
        tokens=Sum(tokens, default=0), cost=Sum("cost", default=Decimal(0))
    )
    running = rows.filter(status=Status.OPEN).values_list("id", "reserved_tokens", "reserved_cost")
    return Spent(
        final["tokens"] + departed_tokens,
        final["cost"] + departed_cost,
        [OpenRequest(*row) for row in running],
    )


def _read_spent(spans: Sequence[Span]) -> list[Spent]:
    # Many callers find the same counter missing at the same moment.
    read = {span: spent_in(span) for span in dict.fromkeys(spans)}
    return [read[span] for span in spans]


def _read_begun(spans: Sequence[Span]) -> list[Sequence[tuple[UUID, datetime]]]:
    read = {span: list(_rows(span).values_list("id", "started_at")) for span in dict.fromkeys(spans)}
    return [read[span] for span in spans]


def _rows(span: Span) -> QuerySet[UsageRecord]:
    rows = UsageRecord.objects.began_between(span.since, span.until)
    if span.payer.kind != "group":
        return rows.filter(**{f"{span.payer.kind}_id": span.payer.id})
    members = members_of_budget(span.payer.id, span.since, span.until)
    then = members.filter(
        Q(until=None) | Q(until__gt=OuterRef("started_at")),
        user=OuterRef("user"),
        since__lte=OuterRef("started_at"),
    )
    # Said twice, so that the database looks at the members' rows only.
    return rows.filter(Exists(then), user__in=members.values("user"))


def _departed(span: Span) -> tuple[int, Decimal]:
    """A group's share of what no longer has a name on it; groups pay by the month."""
    if span.payer.kind != "group":
        return 0, Decimal(0)
    return departed_use(span.payer.id, span.since.date())


_spent: Batches[Span, Spent] = Batches("spending", _read_spent)
_begun: Batches[Span, Sequence[tuple[UUID, datetime]]] = Batches("begun-requests", _read_begun)
