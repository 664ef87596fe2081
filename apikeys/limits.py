"""The words limits are spoken of with: what is limited, how it stands, and what it takes to be refused.

A limit has a payer (a key, a person, or a group that shares a budget), a kind and a value. Days and months
are UTC's, and a request belongs to those it began in.

The rule for tokens and cost: before the call, its input and the most it may answer are set aside; it is
refused when not even its input and one token fit. So only the last one let through may use more than is
left, nobody follows it before there is room again beside all that those who run may use, and a quota is
overshot by no more than that one's answer. Input is estimated generously. Where neither caller nor model
limit the answer, `PORTAL_RESERVED_OUTPUT_TOKENS` are set aside, and a longer answer overshoots by the
difference.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from accounts.access import Allowance
from apikeys.counters.protocol import MINUTE, Claim, Count
from apikeys.holders import Holder
from portal.web.errors import ApiError
from portal.web.times import rfc3339
from usage.spending import Payer

# Costs are counted in billionths: as exact as the ledger's.
BILLION = 1_000_000_000
# What is held for others comes back when they end; nobody knows when that is.
HELD_RETRY = timedelta(seconds=1)


class Kind(StrEnum):
    REQUESTS_PER_MINUTE = "requests per minute"
    TOKENS_PER_DAY = "tokens per day"
    TOKENS_PER_MONTH = "tokens per month"
    COST_PER_MONTH = "cost per month"

    @property
    def is_of_tokens(self) -> bool:
        return self in (Kind.TOKENS_PER_DAY, Kind.TOKENS_PER_MONTH)


@dataclass(frozen=True, slots=True)
class Limit:
    """`value` in requests, tokens, or billionths of the portal's currency."""

    payer: Payer
    kind: Kind
    value: int


def limits_of(holder: Holder) -> tuple[Limit, ...]:
    """Empty for a key without any: such a key never waits for a counter."""
    allowance = Allowance(
        holder.rpm_limit, holder.daily_limit, holder.monthly_limit, holder.monthly_cost_limit
    )
    return limits_from(Payer("key", holder.key_id), allowance)


def limits_from(payer: Payer, allowance: Allowance) -> tuple[Limit, ...]:
    cost = allowance.cost_per_month
    values = (
        (Kind.REQUESTS_PER_MINUTE, allowance.requests_per_minute),
        (Kind.TOKENS_PER_DAY, allowance.tokens_per_day),
        (Kind.TOKENS_PER_MONTH, allowance.tokens_per_month),
        (Kind.COST_PER_MONTH, None if cost is None else billionths(cost)),
    )
    return tuple(Limit(payer, kind, value) for kind, value in values if value is not None)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a call will use: at least (its input), and at most as far as anybody can tell."""

    least_tokens: int = 1
    most_tokens: int = 1
    least_cost: Decimal = Decimal(0)
    most_cost: Decimal = Decimal(0)


NOTHING = Estimate(0, 0)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a limit stands. `resets_at`: all of it is there again; `frees_at`: the refused request could be
    tried again."""

    limit: Limit
    count: Count
    resets_at: datetime
    frees_at: datetime

    @property
    def remaining(self) -> int:
        return max(0, self.limit.value - self.count.used - self.count.held)

    @property
    def held(self) -> int:
        """Of what is not used yet."""
        return max(0, min(self.count.held, self.limit.value - self.count.used))


def standing(limit: Limit, claim: Claim, count: Count, now: datetime) -> Standing:
    if claim.is_window:
        resets_at = max(now, at_microseconds(count.newest + MINUTE))
        is_full = count.used >= limit.value
        # More may have come than a lowered limit lets through: the oldest leaving need not make room.
        frees_at = at_microseconds(count.oldest + MINUTE) if is_full else now
        return Standing(limit, count, resets_at, max(now, frees_at))
    resets_at = at_microseconds(claim.ends or 0)
    is_held_only = limit.value - count.used >= claim.need
    return Standing(limit, count, resets_at, now + HELD_RETRY if is_held_only else resets_at)


@dataclass
class LimitReached(ApiError):
    """`reached` refused the request; `standings` are those of all its limits."""

    reached: Standing | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    standings: Sequence[Standing] = ()

    status = 429

    @property
    def code(self) -> str:  # type: ignore[override]
        is_rate = self.reached is not None and self.reached.limit.kind is Kind.REQUESTS_PER_MINUTE
        return "rate_limit_exceeded" if is_rate else "insufficient_quota"

    @property
    def retry_after(self) -> int:
        """Whole seconds, at least one."""
        assert self.reached is not None  # noqa: S101
        return max(1, math.ceil((self.reached.frees_at - self.now).total_seconds()))

    @property
    def headers(self) -> dict[str, str]:
        return {"retry-after": str(self.retry_after)}


class LimitsUnavailable(ApiError):
    """Nobody can tell whether a limit is kept: nobody gets past it."""

    status = 503
    code = "overloaded"

    @property
    def headers(self) -> dict[str, str]:
        return {"retry-after": "1"}


def limit_reached(standings: Sequence[Standing], claims: Sequence[Claim], now: datetime) -> LimitReached:
    """Of several limits that refuse, the one that does so longest is told."""
    pairs = zip(standings, claims, strict=True)
    refusing = [(each, claim) for each, claim in pairs if claim.is_refused_at(each.count)]
    reached, claim = max(refusing, key=lambda pair: pair[0].frees_at)
    held = f" and {shown(reached.limit, reached.held)} held by running requests"
    needs = f", and this request needs at least {shown(reached.limit, claim.need)}"
    message = (
        f"{_named(reached.limit)} is reached: "
        f"{shown(reached.limit, reached.remaining)} left{held if reached.held else ''}"
        f"{needs if reached.remaining else ''}. It resets at {rfc3339(reached.resets_at)}."
    )
    return LimitReached(message, reached=reached, now=now, standings=standings)


def _named(limit: Limit) -> str:
    what = f"{shown(limit, limit.value)} {_unit(limit)}"
    match limit.payer.kind:
        case "key":
            return f"This API key's limit of {what}"
        case "user":
            return f"Your account's limit of {what}"
        case "group":
            return f"The budget of {what} that your group “{limit.payer.name}” shares"


def shown(limit: Limit, value: int) -> str:
    """A value of this limit as people write it."""
    if limit.kind is Kind.COST_PER_MONTH:
        return f"{Decimal(value) / BILLION:f}"
    return str(value)


def _unit(limit: Limit) -> str:
    return "per month (cost)" if limit.kind is Kind.COST_PER_MONTH else limit.kind.value


def claim_of(limit: Limit, at: datetime, estimate: Estimate) -> Claim:
    """What a request that began `at` asks of the limit's counter."""
    payer = f"{limit.payer.kind}:{limit.payer.id.hex}"
    if limit.kind is Kind.REQUESTS_PER_MINUTE:
        need = 1 if estimate is not NOTHING else 0
        return Claim(f"{payer}:requests", limit.value, need, need)
    since, until = period(limit.kind, at)
    unit = "tokens" if limit.kind.is_of_tokens else "cost"
    name = since.strftime("%Y-%m-%d" if limit.kind is Kind.TOKENS_PER_DAY else "%Y-%m")
    counter, ends = f"{payer}:{unit}:{name}", microseconds(until)
    if limit.kind.is_of_tokens:
        least, most = estimate.least_tokens, estimate.most_tokens
    else:
        least, most = billionths(estimate.least_cost), billionths(estimate.most_cost)
    # Setting all of it aside keeps everybody else out already, and stays a number that Redis can count with.
    return Claim(counter, limit.value, least, min(most, limit.value), ends)


def period(kind: Kind, at: datetime) -> tuple[datetime, datetime]:
    """The calendar day or month in UTC that `at` falls in: since, until."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if kind is Kind.TOKENS_PER_DAY:
        return day, day + timedelta(days=1)
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


def billionths(cost: Decimal) -> int:
    """Rounded up: what is set aside is never less than what is spent."""
    return math.ceil(cost * BILLION)


def microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def at_microseconds(number: int) -> datetime:
    return _EPOCH + timedelta(microseconds=number)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
