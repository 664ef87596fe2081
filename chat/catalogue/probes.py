"""*Test connection*: a real call, and what came back in a line for an operator."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import msgspec

from chat.catalogue.discovery import read_listing
from chat.catalogue.servers import Answer, Server, ServerFailure, ask, run
from chat.gateway.errors import GatewayError
from chat.gateway.request import Message, Request, Sampling, Text
from chat.models import Deployment, Upstream
from chat.models.capabilities import Capability
from chat.models.catalogue import UpstreamKind

_SHOWN = 5
# Seconds: a local server may have to load the model first, a browser waits no longer.
MAX_PATIENCE = 60
_HELLO = (Message("user", (Text("Say OK."),)),)


@dataclass(frozen=True)
class Result:
    is_good: bool
    text: str


def probe_upstreams(rows: Sequence[Upstream]) -> list[Result]:
    """Asks each, all at a time, for its models."""
    return run(_all(_probe_upstream, rows))


def probe_deployments(rows: Sequence[Deployment]) -> list[Result]:
    """Asks each for one token. `rows` with their `upstream` and `model`."""
    return run(_all(_probe_deployment, rows))


async def _all(probe: Any, rows: Sequence[Any]) -> list[Result]:
    return list(await asyncio.gather(*map(probe, rows)))


async def _probe_upstream(row: Upstream) -> Result:
    if row.kind == UpstreamKind.BUILTIN:
        return Result(True, f"“{row}”: the built-in model is part of the portal.")
    server = Server.of(row)
    begun = monotonic()
    try:
        listing = await read_listing(server)
    except ServerFailure as failure:
        return _failed(f"“{row}”", failure, begun)
    names = [model.id for model in listing.models]
    shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
    count = f"{len(names)} model{'' if len(names) == 1 else 's'}"
    said = f"{count}: {shown}" if names else "no models"
    first = listing.first
    return Result(
        True, server.redacted(f"“{row}”: status {first.status} in {first.milliseconds} ms, {said}.")
    )


async def _probe_deployment(row: Deployment) -> Result:
    what = f"“{row.model}” on {row}"
    if row.upstream.kind == UpstreamKind.BUILTIN:
        return Result(True, f"{what}: the built-in model is part of the portal.")
    exchange = _EXCHANGES.get(next(iter(row.model.capabilities), Capability.CHAT))
    if exchange is None:
        return Result(False, f"{what}: making an image costs too much for a test.")
    begun = monotonic()
    try:
        answer = await exchange(
            Server.of(row.upstream),
            row.upstream_model or row.model.name,
            min(row.upstream.first_byte_timeout, MAX_PATIENCE),
        )
    except ServerFailure as failure:
        return _failed(what, failure, begun)
    return Result(True, f"{what}: status {answer.status} in {answer.milliseconds} ms, it answers.")


async def _complete(server: Server, model: str, patience: float) -> Answer:
    request = Request(model=model, messages=_HELLO, sampling=Sampling(max_tokens=1))
    body = server.dialect.encode_request(request, model)
    answer = await ask(server, server.dialect.COMPLETIONS_PATH, body=body, patience=patience)
    try:
        server.dialect.decode_answer(answer.data, request)
    except (GatewayError, msgspec.ValidationError, LookupError, TypeError, AttributeError):
        raise ServerFailure("the answer is no completion", answer.status) from None
    return answer


async def _embed(server: Server, model: str, patience: float) -> Answer:
    answer = await ask(server, "/embeddings", body={"model": model, "input": "OK"}, patience=patience)
    try:
        answer.data["data"][0]["embedding"]
    except (LookupError, TypeError):
        raise ServerFailure("the answer is no embedding", answer.status) from None
    return answer


# By what the model is first of all offered for.
_EXCHANGES: dict[str, Callable[[Server, str, float], Awaitable[Answer]]] = {
    Capability.CHAT: _complete,
    Capability.EMBEDDINGS: _embed,
}


def _failed(what: str, failure: ServerFailure, begun: float) -> Result:
    status = f"status {failure.status}" if failure.status else "failed"
    after = round((monotonic() - begun) * 1000)
    return Result(False, f"{what}: {status} after {after} ms: {failure}.")
