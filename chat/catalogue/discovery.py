"""Which models a server has, and which servers are there."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from chat.catalogue.families import capabilities_of
from chat.catalogue.servers import PATIENCE, Answer, Server, ServerFailure, ask, run
from chat.gateway.dialects import openai_chat
from chat.gateway.upstreams.http import Connection
from chat.models.capabilities import Capability
from chat.models.catalogue import UpstreamKind

MAX_PAGES = 20
# Seconds: what is on this machine answers at once.
LOCAL_PATIENCE = 1.0
_MAX_NAME = 200
_MAX_TOKENS = 2**31 - 1
# Where servers say it, vLLM's word first; llama.cpp's last is what the model was trained for.
_CONTEXT = (
    ("max_model_len",), ("context_window",), ("context_length",), ("max_context_length",),
    ("max_input_tokens",), ("meta", "n_ctx"), ("meta", "n_ctx_train"),
)  # fmt: skip
_OUTPUT = (
    ("max_output_tokens",), ("max_completion_tokens",), ("top_provider", "max_completion_tokens"),
    ("max_tokens",),
)  # fmt: skip


@dataclass(frozen=True)
class Listed:
    """A model as its server lists it. `capabilities` is empty where the portal has no endpoint for it."""

    id: str
    capabilities: tuple[str, ...]
    context_window: int | None = None
    max_output_tokens: int | None = None


@dataclass(frozen=True)
class Listing:
    """`first` is the first page as it came."""

    models: list[Listed]
    first: Answer


@dataclass(frozen=True)
class LocalServer:
    base_url: str
    models: list[Listed]


async def read_listing(server: Server, patience: float = PATIENCE) -> Listing:
    """Raises `ServerFailure`."""
    is_paged = server.dialect.NAME == UpstreamKind.ANTHROPIC
    params = {"limit": "1000"} if is_paged else None
    first: Answer | None = None
    found: dict[str, Listed] = {}
    for _ in range(MAX_PAGES):
        answer = await ask(server, "/models", params=params, patience=patience)
        first = first or answer
        rows = _rows(answer)
        found |= {model.id: model for model in map(_listed, rows) if model}
        if not is_paged or not answer.data.get("has_more") or not rows:
            break
        params = {"limit": "1000", "after_id": str(answer.data.get("last_id"))}
    assert first is not None  # noqa: S101
    return Listing(list(found.values()), first)


def _rows(answer: Answer) -> list[Any]:
    """Together lists without an envelope; Ollama says null when it has none."""
    data = answer.data.get("data", False) if isinstance(answer.data, dict) else answer.data
    if data is None:
        return []
    if not isinstance(data, list):
        raise ServerFailure("the answer is not a list of models", answer.status)
    return data


def _listed(raw: Any) -> Listed | None:
    name = raw.get("id") if isinstance(raw, dict) else None
    if not isinstance(name, str) or not 0 < len(name) <= _MAX_NAME or not name.isprintable():
        return None
    capabilities = tuple(capabilities_of(name, raw))
    return Listed(name, capabilities, _tokens(raw, _CONTEXT), _tokens(raw, _OUTPUT))


def _tokens(raw: dict[str, Any], places: Iterable[tuple[str, ...]]) -> int | None:
    for place in places:
        value: Any = raw
        for step in place:
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MAX_TOKENS:
            return value
    return None


def find_local_servers(ports: Sequence[int]) -> list[LocalServer]:
    """Those that answer on this machine and can chat, in the order of `ports`."""
    if not ports:
        return []
    found = run(_look_at_all(ports))
    return [server for server in found if server and first_chat(server.models)]


async def _look_at_all(ports: Sequence[int]) -> list[LocalServer | None]:
    return await asyncio.gather(*(_look_at(f"http://127.0.0.1:{port}/v1") for port in ports))


async def _look_at(base_url: str) -> LocalServer | None:
    try:
        listing = await read_listing(Server(openai_chat, Connection(base_url)), LOCAL_PATIENCE)
    except ServerFailure:
        return None
    return LocalServer(base_url, listing.models)


def first_chat(models: Iterable[Listed]) -> Listed | None:
    return next((model for model in models if Capability.CHAT in model.capabilities), None)
