"""Counters that many processes share: three small scripts, one round trip each."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from apikeys.counters.protocol import (
    IDLE,
    KEEP,
    LEASE,
    Answer,
    Claim,
    Count,
    CountersUnavailable,
    Quota,
    Verdict,
    Window,
)

# Seconds. Whoever waits for a limit waits with a caller: better to say soon that it cannot be told.
TIMEOUT = 2
CONNECTIONS = 32
PREFIX = "portal:limits:"

_FOLDER = Path(__file__).parent
_SCRIPTS = {name: (_FOLDER / f"{name}.lua").read_text() for name in ("claim", "settle", "install")}


@dataclass(frozen=True)
class _Scripts:
    client: Redis
    by_name: Mapping[str, Any]


class RedisCounters:
    """`clock` in microseconds, for tests; else the time is Redis' own, the same for every process."""

    def __init__(self, url: str, clock: Callable[[], int] | None = None) -> None:
        self._url = url
        self._clock = clock
        self._scripts: WeakKeyDictionary[asyncio.AbstractEventLoop, _Scripts] = WeakKeyDictionary()

    async def claim(self, request_id: str, claims: Sequence[Claim], *, only_look: bool = False) -> Answer:
        numbers = chain.from_iterable(
            ("window" if claim.is_window else "quota", claim.limit, claim.need, claim.want)
            for claim in claims
        )
        arguments = [self._now(), request_id, LEASE, IDLE, int(only_look), *numbers]
        verdict, now, *rest = await self._run("claim", [claim.counter for claim in claims], arguments)
        if Verdict(verdict) is Verdict.UNKNOWN:
            missing = {place: generation for place, generation in enumerate(rest) if generation >= 0}
            return Answer(Verdict.UNKNOWN, now, missing=missing)
        return Answer(Verdict(verdict), now, [Count(*numbers) for numbers in _by(4, rest)])

    async def settle(self, request_id: str, charges: Mapping[str, int]) -> Mapping[str, Count]:
        reply = await self._run("settle", list(charges), [request_id, KEEP, *charges.values()])
        counts = zip(charges, _by(2, reply), strict=True)
        return {name: Count(*numbers) for name, numbers in counts if numbers[0] >= 0}

    async def install(self, claim: Claim, generation: int, content: Window | Quota) -> None:
        requests, used = (
            (content.requests, 0) if isinstance(content, Window) else (content.held, content.used)
        )
        kind = "window" if claim.is_window else "quota"
        head = [self._now(), LEASE, IDLE, generation, kind, used]
        await self._run("install", [claim.counter], [*head, *chain.from_iterable(requests.items())])

    async def close(self) -> None:
        if scripts := self._scripts.pop(asyncio.get_running_loop(), None):
            await scripts.client.aclose()
            await scripts.client.connection_pool.disconnect()

    def _now(self) -> int | str:
        return self._clock() if self._clock else ""

    async def _run(self, script: str, counters: Sequence[str], arguments: Sequence[Any]) -> Any:
        keys = [PREFIX + name for name in counters]
        try:
            return await self._of_this_loop().by_name[script](keys=keys, args=arguments)
        except (RedisError, OSError, TimeoutError) as error:
            raise CountersUnavailable(type(error).__name__) from error

    def _of_this_loop(self) -> _Scripts:
        """A pool of connections belongs to one event loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._scripts:
            pool = BlockingConnectionPool.from_url(
                self._url,
                max_connections=CONNECTIONS,
                timeout=TIMEOUT,
                socket_timeout=TIMEOUT,
                socket_connect_timeout=TIMEOUT,
                # Once more: a connection that was kept may be one that Redis has closed.
                retry=Retry(NoBackoff(), 1),
            )
            client = Redis.from_pool(pool)
            by_name = {name: client.register_script(text) for name, text in _SCRIPTS.items()}
            self._scripts[loop] = _Scripts(client, by_name)
        return self._scripts[loop]


def _by(size: int, numbers: Sequence[int]) -> list[tuple[int, ...]]:
    return [tuple(numbers[at : at + size]) for at in range(0, len(numbers), size)]
