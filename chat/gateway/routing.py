"""Public model name → the deployments that serve it, tried in order until one begins to answer."""

import asyncio
import random
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from typing import Protocol

import msgspec

from chat.gateway.errors import InvalidRequest, UpstreamError, UpstreamFailure
from chat.gateway.events import Batch
from chat.gateway.request import Request
from chat.gateway.upstreams.base import Upstream

ROUNDS = 3
# Seconds: the pause after the first round; it doubles, with jitter so that callers do not come in step.
FIRST_PAUSE = 0.25
# A server that wants us to wait longer than this is not waited for.
LONGEST_PAUSE = 8.0


class Deployment(msgspec.Struct, frozen=True):
    """A model on an upstream. `model` is the upstream's name for it. The lowest `priority` goes first;
    among equals a deployment with twice the `weight` goes first twice as often."""

    id: str
    upstream: Upstream
    model: str
    priority: int = 0
    weight: float = 1


class Health(Protocol):
    """Which deployments had better be left alone for a while; known to all processes."""

    async def cooling(self, ids: Collection[str]) -> Collection[str]: ...

    async def failed(self, deployment_id: str, error: UpstreamFailure) -> None: ...

    async def succeeded(self, deployment_id: str) -> None: ...


def ordered(deployments: Sequence[Deployment], cooling: Collection[str]) -> list[Deployment]:
    """Cooling ones come last, not never: when nothing else is left, they are tried."""

    def key(deployment: Deployment) -> tuple[bool, int, float]:
        # The smallest of several exponential variates is each one's with a chance by its rate.
        draw = random.expovariate(max(deployment.weight, 1e-9))
        return deployment.id in cooling, deployment.priority, draw

    return sorted(deployments, key=key)


class Route:
    """One call's way. `deployment` is the one that is being tried, at last the one that served."""

    def __init__(self, deployments: Sequence[Deployment], health: Health) -> None:
        self._deployments = deployments
        self._health = health
        self._ready: dict[str, AsyncGenerator[Batch, None]] = {}
        self.deployment: Deployment | None = None

    def require_words_for(self, request: Request) -> None:
        """Raises `InvalidRequest` where no deployment's format has words for the request."""
        refusal: InvalidRequest | None = None
        for deployment in self._deployments:
            try:
                self._ready[deployment.id] = deployment.upstream.call(request, deployment.model)
            except InvalidRequest as error:
                refusal = refusal or error
            else:
                return
        if refusal:
            raise refusal

    async def count_tokens(self, request: Request) -> int | None:
        """As the first deployment that counts does."""
        cooling = await self._health.cooling([deployment.id for deployment in self._deployments])
        for deployment in ordered(self._deployments, cooling):
            count = await deployment.upstream.count_tokens(request, deployment.model)
            if count is not None:
                return count
        return None

    async def batches(self, request: Request) -> AsyncGenerator[Batch, None]:
        """Falls over and retries only until the first event: after it, a failure is the caller's to see."""
        error: UpstreamFailure | None = None
        cooling = await self._health.cooling([deployment.id for deployment in self._deployments])
        for number in range(ROUNDS):
            for deployment in ordered(self._deployments, cooling):
                self.deployment = deployment
                try:
                    async with aclosing(self._attempt(deployment, request)) as batches:
                        async for batch in batches:
                            yield batch
                    return
                except _NotBegun as failure:
                    error = failure.error
                except InvalidRequest:
                    # Another deployment has the words for it: else the request had been refused before.
                    continue
            pause = _pause(number, error) if error else None
            if pause is None:
                break
            await asyncio.sleep(pause)
        raise error or UpstreamError("No model server is connected for this model.")

    async def _attempt(self, deployment: Deployment, request: Request) -> AsyncGenerator[Batch, None]:
        has_begun = False
        ready = self._ready.pop(deployment.id, None)
        try:
            async with aclosing(ready or deployment.upstream.call(request, deployment.model)) as batches:
                async for batch in batches:
                    has_begun = True
                    yield batch
        except UpstreamFailure as error:
            if error.is_sickness:
                await self._health.failed(deployment.id, error)
            if has_begun or not error.falls_over:
                raise
            raise _NotBegun(error) from error
        await self._health.succeeded(deployment.id)


class _NotBegun(Exception):
    """Nothing has reached the caller yet: somebody else may answer."""

    def __init__(self, error: UpstreamFailure) -> None:
        self.error = error


def _pause(number: int, error: UpstreamFailure) -> float | None:
    """Seconds until the next round; None when another one would not help."""
    if not error.is_transient or number + 1 == ROUNDS:
        return None
    pause: float = FIRST_PAUSE * 2**number * random.uniform(0.5, 1)  # noqa: S311
    wanted = retry_after(error)
    if wanted is None:
        return pause
    return None if wanted > LONGEST_PAUSE else max(pause, wanted)


def retry_after(error: UpstreamFailure) -> float | None:
    """Seconds the model server asked for, where it said so as a number."""
    try:
        return max(0.0, float(error.headers["retry-after"]))
    except (KeyError, ValueError):
        return None
