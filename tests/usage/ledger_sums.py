"""What reports must say, by brute force: every row of the ledger, one by one."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from usage.models import Status, UsageRecord
from usage.reports import Figures, Period, Scope
from usage.rollups.histograms import RELATIVE_ERROR

EVERYTHING = Scope()
ROUNDED = Decimal("0.000000001")


@dataclass
class Expected:
    rows: list[UsageRecord]

    def total(self, name: str) -> int:
        return sum(getattr(row, name) or 0 for row in self.rows)

    def check(self, figures: Figures) -> None:
        finished = [row for row in self.rows if row.status != Status.OPEN]
        errors = [row for row in self.rows if row.status in (Status.FAILED, Status.INTERRUPTED)]
        assert figures.requests == len(self.rows)
        assert (figures.finished, figures.errors) == (len(finished), len(errors))
        for name in ("input_tokens", "output_tokens", "cached_tokens", "cache_written_tokens"):
            assert getattr(figures, name) == self.total(name), name
        assert figures.reasoning_tokens == self.total("reasoning_tokens")
        assert figures.cost == sum((row.cost for row in self.rows), Decimal(0))
        for name, cost in figures.costs.items():
            assert cost == sum((part(row, name) for row in self.rows), Decimal(0)), name
        durations = [row.duration_ms for row in self.rows if row.duration_ms is not None]
        assert figures.avg_ms == (round(sum(durations) / len(durations)) if durations else None)
        check_times(figures.latency, durations)
        check_times(
            figures.first_token, [row.first_token_ms for row in self.rows if row.first_token_ms is not None]
        )


def part(row: UsageRecord, name: str) -> Decimal:
    plain = max(0, row.input_tokens - row.cached_tokens - row.cache_written_tokens)
    tokens = {
        "input": plain * row.input_price,
        "output": row.output_tokens * row.output_price,
        "cached": row.cached_tokens * row.cached_price,
        "cache_write": row.cache_written_tokens * row.cache_write_price,
    }
    if name == "image":
        return row.images * row.image_price
    if name == "request":
        is_answered = row.status == Status.COMPLETE or row.output_tokens or row.images
        return row.request_price if is_answered else Decimal(0)
    return (Decimal(tokens[name]) / 1_000_000).quantize(ROUNDED, ROUND_HALF_UP)


def check_times(histogram: Any, times: list[int]) -> None:
    """Each percentile is as far off as is said, at most (and half a millisecond, as it is a whole number)."""
    assert histogram.total == len(times)
    times.sort()
    for percent in (50, 95, 99):
        found = histogram.percentile(percent)
        if not times:
            assert found is None
            continue
        true = max(1, times[-(-len(times) * percent // 100) - 1])
        assert abs(found - true) <= RELATIVE_ERROR * true + 0.5, (percent, found, true)


def expected(
    rows: Iterable[UsageRecord], scope: Scope = EVERYTHING, period: Period | None = None
) -> Expected:
    names = ("user_id", "key_id", "model", "status", "deployment")
    wanted = {name: getattr(scope, name) for name in names if getattr(scope, name) is not None}
    return Expected(
        [
            row
            for row in rows
            if all(getattr(row, name) == value for name, value in wanted.items())
            and (period is None or period.since <= row.started_at < period.until)
        ]
    )
