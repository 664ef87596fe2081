"""A call's limits: asked before it, told after it, and shown on its answer."""

import logging
from collections.abc import Callable, Sequence
from decimal import Decimal

from apikeys.limiter import LIMITER, Reservation
from apikeys.limits import Estimate, Limit, LimitReached, LimitsUnavailable, Standing
from chat.completions.context import Call
from chat.completions.limit_headers import limit_headers
from chat.gateway.errors import Overloaded, QuotaExceeded, RateLimited

log = logging.getLogger(__name__)


class Meter:
    """Of a caller without limits it costs nothing: no counter is asked."""

    def __init__(self, call: Call, limits: Sequence[Limit] = ()) -> None:
        self._call = call
        self._limits = limits
        self._reservation: Reservation | None = None
        self._standings: Sequence[Standing] | None = None

    async def reserve(self, estimate: Callable[[], Estimate]) -> None:
        """Raises `RateLimited`, `QuotaExceeded` or `Overloaded`, and then nothing is counted.

        A caller that leaves just now may have something set aside: its lease ends by itself.
        """
        if not self._limits:
            return
        try:
            self._reservation = await LIMITER.reserve(
                self._limits, self._call.id, self._call.arrived, estimate()
            )
        except LimitReached as error:
            self._standings = error.standings
            kind = RateLimited if error.code == RateLimited.code else QuotaExceeded
            raise kind(str(error), headers={"retry-after": str(error.retry_after)}) from None
        except LimitsUnavailable as error:
            self._standings = ()
            raise Overloaded(str(error), headers={"retry-after": "1"}) from None
        self._standings = self._reservation.standings

    @property
    def tokens(self) -> int:
        return self._reservation.tokens if self._reservation else 0

    @property
    def cost(self) -> Decimal:
        return self._reservation.cost if self._reservation else Decimal(0)

    async def settle(self, tokens: int, cost: Decimal) -> None:
        """When the ledger has it. Counters that cannot be told are rebuilt from there."""
        if self._reservation is None:
            return
        try:
            self._standings = (await LIMITER.settle(self._reservation, tokens, cost)).standings
        except LimitsUnavailable:
            log.warning("%s is settled in the ledger only: no counter answers.", self._call.request_id)

    async def headers(self, dialect: str) -> dict[str, str]:
        """As known from the call itself; for one that came to no limit, a look."""
        if not self._limits:
            return {}
        if self._standings is None:
            try:
                self._standings = await LIMITER.look(self._limits, self._call.arrived)
            except LimitsUnavailable:
                self._standings = ()
        return limit_headers(dialect, self._standings)
