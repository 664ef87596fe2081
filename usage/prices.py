"""What tokens cost."""

from dataclasses import dataclass
from decimal import Decimal

_MILLION = 1_000_000


@dataclass(frozen=True)
class Prices:
    """Per million tokens."""

    input: Decimal = Decimal(0)
    output: Decimal = Decimal(0)
    cached: Decimal = Decimal(0)
    cache_write: Decimal = Decimal(0)

    @classmethod
    def of(
        cls, input: Decimal, output: Decimal, cached: Decimal | None, cache_write: Decimal | None
    ) -> "Prices":
        """Without a price of its own, input that touches a cache costs what other input costs."""
        return cls(
            input, output, input if cached is None else cached, input if cache_write is None else cache_write
        )

    def cost(self, *, input: int, output: int, cached: int, cache_written: int) -> Decimal:
        """`input` includes `cached` and `cache_written`, as the ledger counts them."""
        plain = max(0, input - cached - cache_written)
        return (
            plain * self.input
            + cached * self.cached
            + cache_written * self.cache_write
            + output * self.output
        ) / _MILLION
