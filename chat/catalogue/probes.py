"""*Test connection*: a real call, and what came back in a line for an operator."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import msgspec

from chat.catalogue.discovery import read_listing
from chat.catalogue.servers import Server, ServerFailure, ask, run
from chat.gateway.errors import GatewayError
from chat.gateway.request import Message, Request, Sampling, Text
from chat.models import Deployment, Upstream
from chat.models.capabilities import Capability
from chat.models.catalogue import UpstreamKind

_SHOWN = 5
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
        return Result(True, f"{row}: the built-in model is part of the portal.")
    server = Server.of(row)
    begun = monotonic()
    try:
        listing = await read_listing(server)
    except ServerFailure as failure:
        return _failed(str(row), failure, begun)
    names = [model.id for model in listing.models]
    shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
    count = f"{len(names)} model{'' if len(names) == 1 else 's'}"
    said = f"{count}: {shown}" if names else "no models"
    first = listing.first
    return Result(True, server.redacted(f"{row}: status {first.status} in {first.milliseconds} ms, {said}."))


async def _probe_deployment(row: Deployment) -> Result:
    what = f"{row.model} on {row}"
    if row.upstream.kind == UpstreamKind.BUILTIN:
        return Result(True, f"{what}: the built-in model is part of the portal.")
    if not row.model.can(Capability.CHAT):
        return Result(False, f"{what}: only models for chat can be tested.")
    server = Server.of(row.upstream)
    request = Request(model=row.model.name, messages=_HELLO, sampling=Sampling(max_tokens=1))
    body = server.dialect.encode_request(request, row.upstream_model or row.model.name)
    begun = monotonic()
    try:
        answer = await ask(server, server.dialect.COMPLETIONS_PATH, body=body)
        server.dialect.decode_answer(answer.data, request)
    except ServerFailure as failure:
        return _failed(what, failure, begun)
    except (GatewayError, msgspec.ValidationError, LookupError, TypeError, AttributeError):
        return Result(False, f"{what}: status {answer.status}, but the answer is no completion.")
    return Result(True, f"{what}: status {answer.status} in {answer.milliseconds} ms, it answers.")


def _failed(what: str, failure: ServerFailure, begun: float) -> Result:
    status = f"status {failure.status}" if failure.status else "failed"
    after = round((monotonic() - begun) * 1000)
    return Result(False, f"{what}: {status} after {after} ms: {failure}.")
