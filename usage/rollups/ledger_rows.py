"""The ledger's rows, counted by the database: the same figures as roll-ups have."""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    DecimalField,
    Expression,
    ExpressionWrapper,
    F,
    FloatField,
    IntegerField,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Ceil, Greatest, Ln, Round

from usage.models import Status, UsageRecord
from usage.rollups.histograms import GAMMA

SUM = "sum_of_"
# As `ledger.Settlement.is_answered` says it: a price per request is due.
ANSWERED = Q(status=Status.COMPLETE) | Q(output_tokens__gt=0) | Q(images__gt=0)
_TIMES = {"latency_bucket": "duration_ms", "first_token_bucket": "first_token_ms"}
BUCKETS = tuple(_TIMES)


def counted(
    rows: QuerySet[UsageRecord], by: Sequence[str], buckets: Sequence[str] = BUCKETS
) -> QuerySet[UsageRecord, dict[str, Any]]:
    """For each combination of `by` and of the buckets of time the sums of `sums.SUMS`, their names after
    `SUM`: an aggregate must not be called like a column."""
    bucketed = rows.order_by().annotate(**{bucket: _bucket(_TIMES[bucket]) for bucket in buckets})
    sums = {"requests": Count("id"), "timed": Count("duration_ms")}
    sums |= {name: Sum(term, default=0) for name, term in _terms().items()}
    return bucketed.values(*by, *buckets).annotate(**{SUM + name: sums[name] for name in sums})


def _bucket(milliseconds: str) -> Expression:
    """As `histograms.Histogram` counts; NULL where no time was taken."""
    number = Ceil(Ln(Cast(milliseconds, FloatField())) / Value(math.log(GAMMA)))
    return Case(
        When(**{f"{milliseconds}__gt": 1}, then=Cast(number, IntegerField())),
        When(**{f"{milliseconds}__isnull": False}, then=Value(0)),
    )


def _terms() -> dict[str, Expression]:
    plain = Greatest(_big("input_tokens") - _big("cached_tokens") - _big("cache_written_tokens"), 0)
    tokens = ("input_tokens", "output_tokens", "cached_tokens", "cache_written_tokens", "reasoning_tokens")
    return {
        **{name: _big(name) for name in (*tokens, "duration_ms")},
        "cost": _whole("cost", 10**9),
        "input_cost": _for_tokens(plain, "input_price"),
        "output_cost": _for_tokens(_big("output_tokens"), "output_price"),
        "cached_cost": _for_tokens(_big("cached_tokens"), "cached_price"),
        "cache_write_cost": _for_tokens(_big("cache_written_tokens"), "cache_write_price"),
        "image_cost": ExpressionWrapper(_big("images") * _whole("image_price", 10**9), BigIntegerField()),
        "request_cost": Case(When(ANSWERED, then=_whole("request_price", 10**9)), default=Value(0)),
    }


def _for_tokens(tokens: Combinable, price: str) -> Expression:
    """In billionths; half of one is rounded up. A price has six places, and is of a million tokens."""
    return ExpressionWrapper((tokens * _whole(price, 10**6) + 500) / 1000, BigIntegerField())


def _whole(column: str, factor: int) -> Expression:
    """As a whole number, exactly, though SQLite keeps decimals as floats."""
    number = DecimalField(max_digits=30, decimal_places=0)
    product = ExpressionWrapper(F(column) * Value(Decimal(factor), number), number)
    return Cast(Round(product), BigIntegerField())


def _big(column: str) -> Expression:
    return Cast(column, BigIntegerField())
