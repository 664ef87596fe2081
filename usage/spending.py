"""What somebody has spent in a span of time: from here the counters of limits are rebuilt.

Roll-ups and the ledger's open end say it together (`usage.reports`), so a busy month is read quickly, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from django.db.models import QuerySet

from accounts.access import departed_use, group_of_budget
from portal.batching import Batches
from usage.models import Status, UsageRecord
from usage.reports import Period, Scope, requests, totals


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
    scope = _scope(span.payer)
    if scope is None:
        return Spent(0, Decimal(0), [])
    # An open row has no tokens and no cost yet.
    settled = totals(scope, Period(span.since, span.until), with_times=False)
    departed_tokens, departed_cost = _departed(span)
    running = _rows(scope, span).filter(status=Status.OPEN)
    return Spent(
        settled.tokens + departed_tokens,
        settled.cost + departed_cost,
        [OpenRequest(*row) for row in running.values_list("id", "reserved_tokens", "reserved_cost")],
    )


def _read_spent(spans: Sequence[Span]) -> list[Spent]:
    # Many callers find the same counter missing at the same moment.
    read = {span: spent_in(span) for span in dict.fromkeys(spans)}
    return [read[span] for span in spans]


def _read_begun(spans: Sequence[Span]) -> list[Sequence[tuple[UUID, datetime]]]:
    read = {span: _begun_in(span) for span in dict.fromkeys(spans)}
    return [read[span] for span in spans]


def _begun_in(span: Span) -> list[tuple[UUID, datetime]]:
    scope = _scope(span.payer)
    return list(_rows(scope, span).values_list("id", "started_at")) if scope else []


def _scope(payer: Payer) -> Scope | None:
    """None: a group's budget that is no more."""
    match payer.kind:
        case "key":
            return Scope(key_id=payer.id)
        case "user":
            return Scope(user_id=payer.id)
        case "group":
            group_id = group_of_budget(payer.id)
            return None if group_id is None else Scope(group_id=group_id)


def _rows(scope: Scope, span: Span) -> QuerySet[UsageRecord]:
    return requests(scope, Period(span.since, span.until))


def _departed(span: Span) -> tuple[int, Decimal]:
    """A group's share of what no longer has a name on it; groups pay by the month."""
    if span.payer.kind != "group":
        return 0, Decimal(0)
    return departed_use(span.payer.id, span.since.date())


_spent: Batches[Span, Spent] = Batches("spending", _read_spent)
_begun: Batches[Span, Sequence[tuple[UUID, datetime]]] = Batches("begun-requests", _read_begun)
