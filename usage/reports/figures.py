"""The sums over a set of requests, and what follows from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal

from usage.models import Status
from usage.rollups.histograms import Histogram
from usage.rollups.sums import SUMS

_ERRORS = (Status.FAILED, Status.INTERRUPTED)


@dataclass(frozen=True)
class Costs:
    """By what was paid for, in the portal's currency. `input` is what touched no cache."""

    input: Decimal
    output: Decimal
    cached: Decimal
    cache_write: Decimal
    image: Decimal
    request: Decimal

    def items(self) -> list[tuple[str, Decimal]]:
        return [(each.name, getattr(self, each.name)) for each in fields(self)]


@dataclass
class Figures:
    """`requests` has those that still run, too; `finished` has not. `errors` are those that failed or whose
    process died; who cancels makes no error. `input_tokens` includes what touched a cache, `output_tokens`
    includes `reasoning_tokens`. Times in milliseconds."""

    finished: int = 0
    errors: int = 0
    sums: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SUMS, 0))
    latency: Histogram = field(default_factory=Histogram)
    first_token: Histogram = field(default_factory=Histogram)

    def add(self, sums: Mapping[str, int], status: str) -> None:
        """What is added up over requests of one status."""
        if status != Status.OPEN:
            self.finished += sums["requests"]
        if status in _ERRORS:
            self.errors += sums["requests"]
        for name in SUMS:
            self.sums[name] += sums[name]

    @classmethod
    def sum(cls, parts: "Iterable[Figures]") -> "Figures":
        """Of parts that do not overlap."""
        total = cls()
        for part in parts:
            total.merge(part)
        return total

    def merge(self, other: "Figures") -> None:
        self.finished += other.finished
        self.errors += other.errors
        for name in SUMS:
            self.sums[name] += other.sums[name]
        self.latency.add(other.latency.counts.items())
        self.first_token.add(other.first_token.counts.items())

    @property
    def requests(self) -> int:
        return self.sums["requests"]

    @property
    def input_tokens(self) -> int:
        return self.sums["input_tokens"]

    @property
    def output_tokens(self) -> int:
        return self.sums["output_tokens"]

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    @property
    def cached_tokens(self) -> int:
        return self.sums["cached_tokens"]

    @property
    def cache_written_tokens(self) -> int:
        return self.sums["cache_written_tokens"]

    @property
    def reasoning_tokens(self) -> int:
        return self.sums["reasoning_tokens"]

    @property
    def cost(self) -> Decimal:
        """What the ledger's rows say, to the last digit."""
        return _money(self.sums["cost"])

    @property
    def costs(self) -> Costs:
        """From each request's own prices. Each part of a request is rounded to nine places, so the parts may
        differ from `cost` in the ninth place for each request."""
        return Costs(*(_money(self.sums[f"{each.name}_cost"]) for each in fields(Costs)))

    @property
    def avg_ms(self) -> int | None:
        """Over finished requests; None without any."""
        return round(self.sums["duration_ms"] / self.sums["timed"]) if self.sums["timed"] else None

    @property
    def error_rate(self) -> float:
        """In percent of the finished requests, to two places."""
        return round(100 * self.errors / self.finished, 2) if self.finished else 0.0


def _money(billionths: int) -> Decimal:
    return Decimal(billionths).scaleb(-9)
