"""What tokens, images and requests cost."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

_MILLION = 1_000_000
# What the ledger's column holds: sums of rows and of counters are then the same to the last digit.
_SMALLEST = Decimal("0.000000001")
# From when on a price holds that was always there.
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Prices:
    """Per million tokens, per image and per request that was answered, in the portal's currency."""

    input: Decimal = Decimal(0)
    output: Decimal = Decimal(0)
    cached: Decimal = Decimal(0)
    cache_write: Decimal = Decimal(0)
    image: Decimal = Decimal(0)
    request: Decimal = Decimal(0)

    @classmethod
    def of(
        cls,
        input: Decimal,
        output: Decimal,
        cached: Decimal | None,
        cache_write: Decimal | None,
        image: Decimal = Decimal(0),
        request: Decimal = Decimal(0),
    ) -> "Prices":
        """Without a price of its own, input that touches a cache costs what other input costs."""
        return cls(
            input,
            output,
            input if cached is None else cached,
            input if cache_write is None else cache_write,
            image,
            request,
        )

    def cost(
        self, *, input: int, output: int, cached: int, cache_written: int, images: int = 0, answers: int = 0
    ) -> Decimal:
        """`input` includes `cached` and `cache_written`, as the ledger counts them. Rounded half to even."""
        plain = max(0, input - cached - cache_written)
        per_million = (
            plain * self.input
            + cached * self.cached
            + cache_written * self.cache_write
            + output * self.output
        )
        exact = per_million / _MILLION + images * self.image + answers * self.request
        return exact.quantize(_SMALLEST, ROUND_HALF_EVEN)


class PriceList:
    """Prices, each from its moment on; before the first of them nothing costs anything."""

    def __init__(self, dated: Iterable[tuple[datetime, Prices]] = ()) -> None:
        self._dated = sorted(dated, key=_since)

    def at(self, moment: datetime) -> Prices:
        place = bisect_right(self._dated, moment, key=_since)
        return self._dated[place - 1][1] if place else Prices()


def _since(dated: tuple[datetime, Prices]) -> datetime:
    return dated[0]
