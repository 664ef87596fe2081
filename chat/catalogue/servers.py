"""Questions to a model server from synchronous code: what it lists, whether it answers.

What comes back may be shown to operators, so it never holds the credential or a header's value.
"""

import asyncio
import time
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import msgspec

from chat.catalogue.connections import DIALECTS, connection_of
from chat.gateway.dialects import UpstreamDialect
from chat.gateway.upstreams.http import Connection
from chat.models import Upstream

T = TypeVar("T")
MASK = "•••"
# Seconds for a whole question; bytes of an answer.
PATIENCE = 15.0
MAX_BYTES = 8 * 1024 * 1024
_MAX_REASON = 300


@dataclass(frozen=True)
class Server:
    dialect: UpstreamDialect
    connection: Connection

    @classmethod
    def of(cls, row: Upstream) -> "Server":
        return cls(DIALECTS[row.kind], connection_of(row))

    @property
    def headers(self) -> dict[str, str]:
        return {
            **self.connection.headers,
            **self.dialect.upstream_headers(self.connection.credential),
            "accept-encoding": "identity",
        }

    def redacted(self, text: str) -> str:
        """Also `Bearer x` is a secret by its second word."""
        values = [self.connection.credential, *self.connection.headers.values()]
        secrets = {*values, *(word for value in values for word in value.split())}
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            text = text.replace(secret, MASK)
        return text


@dataclass(frozen=True)
class Answer:
    data: Any
    status: int
    milliseconds: int


class ServerFailure(Exception):
    """`status` is None when no answer came."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: the one that asks may have an event loop already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


async def ask(
    server: Server,
    path: str,
    *,
    body: dict[str, Any] | None = None,
    params: Mapping[str, str] | None = None,
    patience: float = PATIENCE,
) -> Answer:
    """A POST where there is a `body`. Raises `ServerFailure`, also for an answer that is not JSON."""
    begun = time.monotonic()
    try:
        async with asyncio.timeout(patience):
            status, content = await _exchange(server, path, body, params, patience)
    except (TimeoutError, httpx.TimeoutException):
        raise ServerFailure(f"no answer within {patience:g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ServerFailure(_what_failed(error)) from None
    except ValueError:
        raise ServerFailure("the credential or a header holds characters that cannot be sent") from None
    milliseconds = round((time.monotonic() - begun) * 1000)
    try:
        data = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ServerFailure("the answer is not JSON", status) from None
    if status >= 300:
        raise ServerFailure(server.redacted(_reason(data)), status)
    return Answer(data, status, milliseconds)


async def _exchange(
    server: Server,
    path: str,
    body: dict[str, Any] | None,
    params: Mapping[str, str] | None,
    patience: float,
) -> tuple[int, bytes]:
    url = server.connection.base_url.rstrip("/") + path
    content = bytearray()
    # No proxy of the environment, no redirects: answers come from where calls will go.
    async with (
        httpx.AsyncClient(trust_env=False, timeout=patience) as client,
        client.stream(
            "GET" if body is None else "POST", url, headers=server.headers, json=body, params=params
        ) as response,
    ):
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > MAX_BYTES:
                raise ServerFailure(f"the answer is longer than {MAX_BYTES} bytes", response.status_code)
        return response.status_code, bytes(content)


def _what_failed(error: Exception) -> str:
    """The error's own words may repeat a header: only those of the connection are told."""
    match error:
        case httpx.ConnectError():
            return f"no connection: {error}"
        case httpx.InvalidURL() | httpx.UnsupportedProtocol():
            return "the base URL is not an address"
        case httpx.LocalProtocolError():
            return "the credential or a header holds characters that cannot be sent"
        case _:
            return "the connection broke off"


def _reason(data: Any) -> str:
    error = data.get("error", data.get("detail")) if isinstance(data, dict) else None
    text = error.get("message") if isinstance(error, dict) else error
    return str(text)[:_MAX_REASON] if text else "no reason given"
