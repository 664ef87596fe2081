"""Limits kept: all of a request's in one step before the call, and what it really used after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from apikeys.counters import COUNTERS
from apikeys.counters.protocol import (
    Answer,
    Claim,
    Count,
    Counters,
    CountersUnavailable,
    Quota,
    Verdict,
    Window,
)
from apikeys.limits import (
    BILLION,
    NOTHING,
    Estimate,
    Kind,
    Limit,
    LimitsUnavailable,
    Standing,
    at_microseconds,
    billionths,
    claim_of,
    limit_reached,
    microseconds,
    period,
    standing,
)
from usage.spending import Span, begun, spent

# A counter may get lost between being rebuilt and being asked, but not again and again.
ATTEMPTS = 5
UNAVAILABLE = "The portal cannot tell at the moment whether the limits of this call are kept. Try again soon."


@dataclass(frozen=True, slots=True)
class Reservation:
    """A request that its limits have let through. Cost in the portal's currency."""

    request: UUID
    limits: Sequence[Limit]
    claims: Sequence[Claim]
    counts: Sequence[Count]
    now: datetime

    @property
    def standings(self) -> list[Standing]:
        rows = zip(self.limits, self.claims, self.counts, strict=True)
        return [standing(*row, self.now) for row in rows]

    @property
    def tokens(self) -> int:
        """Set aside; 0 where no limit counts them."""
        return self._set_aside(is_of_tokens=True)

    @property
    def cost(self) -> Decimal:
        return Decimal(self._set_aside(is_of_tokens=False)) / BILLION

    def _set_aside(self, *, is_of_tokens: bool) -> int:
        wanted = (
            claim.want
            for limit, claim in zip(self.limits, self.claims, strict=True)
            if not claim.is_window and limit.kind.is_of_tokens is is_of_tokens
        )
        return max(wanted, default=0)


class Limiter:
    """The same whichever process counts, and wherever."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    async def reserve(
        self, limits: Sequence[Limit], request: UUID, at: datetime, estimate: Estimate
    ) -> Reservation:
        """Raises `LimitReached`, and then nothing is counted; or `LimitsUnavailable`."""
        claims = [claim_of(limit, at, estimate) for limit in limits]
        answer = await self._asked(request.hex, limits, claims, at)
        reservation = Reservation(request, limits, claims, answer.counts, at_microseconds(answer.now))
        if answer.verdict is Verdict.REFUSED:
            raise limit_reached(reservation.standings, claims, reservation.now)
        return reservation

    async def look(self, limits: Sequence[Limit], at: datetime) -> list[Standing]:
        """How they stand, with nothing counted."""
        claims = [claim_of(limit, at, NOTHING) for limit in limits]
        answer = await self._asked("", limits, claims, at, only_look=True)
        now = at_microseconds(answer.now)
        rows = zip(limits, claims, answer.counts, strict=True)
        return [standing(*row, now) for row in rows]

    async def settle(self, reservation: Reservation, tokens: int, cost: Decimal) -> Reservation:
        """After the ledger knows it. The reservation as it stands now.

        Raises `LimitsUnavailable`; then the counters are rebuilt from the ledger in time.
        """
        amounts = {True: tokens, False: billionths(cost)}
        charges = {
            claim.counter: amounts[limit.kind.is_of_tokens]
            for limit, claim in zip(reservation.limits, reservation.claims, strict=True)
            if not claim.is_window
        }
        if not charges:
            return reservation
        try:
            counts = await self._counters.settle(reservation.request.hex, charges)
        except CountersUnavailable as error:
            raise LimitsUnavailable(UNAVAILABLE) from error
        return _with_counts(reservation, counts)

    async def _asked(
        self,
        request: str,
        limits: Sequence[Limit],
        claims: Sequence[Claim],
        at: datetime,
        *,
        only_look: bool = False,
    ) -> Answer:
        try:
            for _ in range(ATTEMPTS):
                answer = await self._counters.claim(request, claims, only_look=only_look)
                if answer.verdict is not Verdict.UNKNOWN:
                    return answer
                for place, generation in (answer.missing or {}).items():
                    content = await _content(limits[place], at, at_microseconds(answer.now))
                    await self._counters.install(claims[place], generation, content)
        except CountersUnavailable as error:
            raise LimitsUnavailable(UNAVAILABLE) from error
        raise LimitsUnavailable(UNAVAILABLE)


def _with_counts(reservation: Reservation, counts: Mapping[str, Count]) -> Reservation:
    pairs = zip(reservation.claims, reservation.counts, strict=True)
    return Reservation(
        reservation.request,
        reservation.limits,
        reservation.claims,
        [counts.get(claim.counter, count) for claim, count in pairs],
        reservation.now,
    )


async def _content(limit: Limit, at: datetime, now: datetime) -> Window | Quota:
    """A counter's content, read from the ledger."""
    if limit.kind is Kind.REQUESTS_PER_MINUTE:
        # The ledger's clock and Redis' may differ a little: nothing of the last minute may fall out.
        rows = await begun(Span(limit.payer, now - timedelta(minutes=1), now + timedelta(minutes=1)))
        return Window({request.hex: microseconds(min(began, now)) for request, began in rows})
    known = await spent(Span(limit.payer, *period(limit.kind, at)))
    if limit.kind.is_of_tokens:
        return Quota(known.tokens, {each.id.hex: each.tokens for each in known.open})
    return Quota(billionths(known.cost), {each.id.hex: billionths(each.cost) for each in known.open})


LIMITER = Limiter(COUNTERS)
