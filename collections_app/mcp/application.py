"""`/mcp`, as plain ASGI beside Django: where from, who, how much, how often; then the protocol itself.

Whoever composes the portal brings the door: keys lie beside this app, not below it.
"""

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from portal.web.client_address import client_address
from portal.web.errors import ApiError, InvalidKey, NotAllowed, TooLarge, Unavailable
from portal.web.ids import encode, uuid7
from portal.web.reading import MAX_BODY_BYTES

Scope = dict[str, Any]
Headers = Sequence[tuple[bytes, bytes]]
# JSON-RPC leaves this range to servers.
_REFUSED = -32000


class Caller(Protocol):
    @property
    def user_id(self) -> UUID: ...


C = TypeVar("C", bound=Caller)


@dataclass(frozen=True)
class Door(Generic[C]):
    """`admit` says whose the key in the headers is that comes from an address; `count` counts a request of
    theirs that began at a time. Both raise an `ApiError` for who may not."""

    admit: Callable[[Headers, str | None], Awaitable[C]]
    count: Callable[[C, UUID, datetime], Awaitable[None]]


class McpApplication(Generic[C]):
    """`origins` are those whose pages may call; a program sends none. `trusted_proxies` are the networks
    whose `X-Forwarded-For` is believed."""

    def __init__(
        self,
        door: Door[C],
        origins: Collection[str],
        trusted_proxies: Sequence[IPv4Network | IPv6Network],
    ) -> None:
        self._door = door
        self._origins = frozenset(origins)
        self._trusted_proxies = trusted_proxies

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        request = uuid7()
        send = _with_headers(send, request)
        named: Any = None
        try:
            self._require_ours(scope)
            caller = await self._door.admit(scope["headers"], self._address(scope))
            if scope["method"] != "POST":
                # There is no session to end, and nothing that the portal would say unasked.
                await _send(send, 405, {"allow": "POST"}, b"")
                return
            body = await _read(scope, receive)
            if body is None:
                return
            named = _request_id(body)
            if named is not None:
                await self._door.count(caller, request, timezone.now())
        except ApiError as error:
            await _refuse(send, error, named)
            return
        except (OperationalError, InterfaceError):
            await _refuse(send, Unavailable("The portal's database does not answer. Try again soon."), named)
            return
        serve = await asyncio.to_thread(_serving)
        await serve(caller.user_id, scope, _again(body, receive), send)

    def _require_ours(self, scope: Scope) -> None:
        """A page of somebody else's must not reach a portal on the reader's own machine or network, under
        whatever name it was found (DNS rebinding)."""
        host, _ = split_domain_port(_header(scope, b"host"))
        if not validate_host(host, settings.ALLOWED_HOSTS):
            raise NotAllowed("The portal does not answer to this host name.")
        origin = _header(scope, b"origin")
        if origin and origin not in self._origins:
            raise NotAllowed("Pages of this origin may not call the portal.")

    def _address(self, scope: Scope) -> str | None:
        peer = scope["client"][0] if scope.get("client") else ""
        return client_address(peer, _header(scope, b"x-forwarded-for"), self._trusted_proxies)


@cache
def _serving() -> Any:
    return importlib.import_module("collections_app.mcp.server").serve


def _header(scope: Scope, name: bytes) -> str:
    values: list[bytes] = [value for each, value in scope["headers"] if each == name]
    return b",".join(values).decode("latin-1")


async def _read(scope: Scope, receive: Any) -> bytes | None:
    """The whole body; None when the caller left before sending it."""
    stated = _header(scope, b"content-length")
    pieces: list[bytes] = []
    size = int(stated) if stated.isdigit() else 0
    while size <= MAX_BODY_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        pieces.append(message.get("body", b""))
        size = sum(map(len, pieces))
        if not message.get("more_body") and size <= MAX_BODY_BYTES:
            return b"".join(pieces)
    raise TooLarge(f"The request's body is larger than {MAX_BODY_BYTES} bytes.")


def _again(body: bytes, receive: Any) -> Any:
    unread = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Any:
        return unread.pop() if unread else await receive()

    return receive_again


def _request_id(body: bytes) -> Any:
    """What the caller calls its request; None for what wants no answer, such as a notification."""
    try:
        message = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return message.get("id") if isinstance(message, dict) and "method" in message else None


async def _refuse(send: Any, error: ApiError, named: Any) -> None:
    """As JSON-RPC says it, so that a client shows the reason and not only the status."""
    headers = dict(error.headers)
    if isinstance(error, InvalidKey):
        headers["www-authenticate"] = "Bearer"
    if error.status == TooLarge.status:
        headers["connection"] = "close"
    told: dict[str, Any] = {"code": _REFUSED, "message": str(error), "data": {"code": error.code}}
    if "retry-after" in headers:
        told["data"]["retryAfter"] = int(headers["retry-after"])
    body = msgspec.json.encode({"jsonrpc": "2.0", "id": named, "error": told})
    await _send(send, error.status, headers, body)


async def _send(send: Any, status: int, headers: dict[str, str], body: bytes) -> None:
    if body:
        headers = {**headers, "content-type": "application/json"}
    headers = {**headers, "content-length": str(len(body))}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def _with_headers(send: Any, request: UUID) -> Any:
    """Every answer's."""
    more = [
        (b"x-request-id", encode("req", request).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
    ]

    async def send_with_headers(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message["headers"] if pair[0].lower() != b"cache-control"]
            message = {**message, "headers": [*kept, *more]}
        await send(message)

    return send_with_headers
