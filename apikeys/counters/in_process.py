"""Counters of one process: the portal without Redis."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from apikeys.counters.protocol import IDLE, LEASE, MINUTE, Answer, Claim, Count, Quota, Verdict, Window

Clock = Callable[[], int]


@dataclass
class _Window:
    requests: dict[str, int]
    kept_until: int = 0

    def count(self, now: int) -> Count:
        self.requests = {name: at for name, at in self.requests.items() if at > now - MINUTE}
        times = self.requests.values()
        return Count(len(times), oldest=min(times, default=0), newest=max(times, default=0))


@dataclass
class _Quota:
    used: int
    held: dict[str, int]
    leases: dict[str, int] = field(default_factory=dict)
    kept_until: int = 0

    def count(self) -> Count:
        return Count(self.used, sum(self.held.values()))

    def has_lapsed(self, now: int) -> bool:
        return any(until <= now for until in self.leases.values())


class InProcessCounters:
    """Event loops and threads share it: every step is short and under one lock."""

    def __init__(self, clock: Clock = lambda: time.time_ns() // 1000) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counters: dict[str, _Window | _Quota] = {}
        self._generations: dict[str, int] = {}

    async def claim(self, request_id: str, claims: Sequence[Claim], *, only_look: bool = False) -> Answer:
        with self._lock:
            now = self._clock()
            missing = {
                place: self._generations.get(claim.counter, 0)
                for place, claim in enumerate(claims)
                if self._is_missing(claim.counter, now)
            }
            if missing:
                return Answer(Verdict.UNKNOWN, now, missing=missing)
            if not only_look:
                self._take_back(request_id, claims)
            counts = [self._count(claim.counter, now) for claim in claims]
            if any(claim.is_refused_at(count) for claim, count in zip(claims, counts, strict=True)):
                return Answer(Verdict.REFUSED, now, counts)
            if only_look:
                return Answer(Verdict.ADMITTED, now, counts)
            pairs = zip(claims, counts, strict=True)
            return Answer(Verdict.ADMITTED, now, [self._take(request_id, now, *pair) for pair in pairs])

    async def settle(self, request_id: str, charges: Mapping[str, int]) -> Mapping[str, Count]:
        counts = {}
        with self._lock:
            for name, amount in charges.items():
                quota = self._counters.get(name)
                if isinstance(quota, _Quota) and request_id in quota.held:
                    del quota.held[request_id], quota.leases[request_id]
                    quota.used += amount
                    counts[name] = quota.count()
                else:
                    self._counters.pop(name, None)
                    self._generations[name] = self._generations.get(name, 0) + 1
        return counts

    async def install(self, claim: Claim, generation: int, content: Window | Quota) -> None:
        with self._lock:
            now = self._clock()
            self._forget_what_is_over(now)
            name = claim.counter
            if name in self._counters or self._generations.get(name, 0) != generation:
                return
            if isinstance(content, Window):
                self._counters[name] = _Window(dict(content.requests), now + IDLE)
            else:
                leases = dict.fromkeys(content.held, now + LEASE)
                self._counters[name] = _Quota(content.used, dict(content.held), leases, now + IDLE)

    async def close(self) -> None:
        """Nothing is open."""

    def _is_missing(self, name: str, now: int) -> bool:
        counter = self._counters.get(name)
        if counter and (
            counter.kept_until <= now or (isinstance(counter, _Quota) and counter.has_lapsed(now))
        ):
            del self._counters[name]
            return True
        return counter is None

    def _count(self, name: str, now: int) -> Count:
        counter = self._counters[name]
        return counter.count(now) if isinstance(counter, _Window) else counter.count()

    def _take_back(self, request_id: str, claims: Sequence[Claim]) -> None:
        """A claim whose answer got lost comes again."""
        for claim in claims:
            counter = self._counters[claim.counter]
            if isinstance(counter, _Window):
                counter.requests.pop(request_id, None)
            else:
                counter.held.pop(request_id, None)
                counter.leases.pop(request_id, None)

    def _take(self, request_id: str, now: int, claim: Claim, count: Count) -> Count:
        counter = self._counters[claim.counter]
        counter.kept_until = now + IDLE
        if isinstance(counter, _Window):
            counter.requests[request_id] = now
            return Count(count.used + 1, oldest=count.oldest or now, newest=now)
        counter.held[request_id] = claim.want
        counter.leases[request_id] = now + LEASE
        return Count(count.used, count.held + claim.want)

    def _forget_what_is_over(self, now: int) -> None:
        over = [name for name, counter in self._counters.items() if counter.kept_until <= now]
        for name in over:
            del self._counters[name]
            self._generations.pop(name, None)
