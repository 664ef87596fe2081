"""A call to a model, from the caller's bytes to the caller's bytes.

`serve` is the flow; `CompletionsApplication` serves it as plain ASGI beside Django, for requests that
carry a key. The DRF view calls the very same flow.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from ipaddress import IPv4Network, IPv6Network
from typing import Any

import msgspec
from django.conf import settings
from django.db import InterfaceError, OperationalError

from chat.completions import admission, operations
from chat.completions.admission import LIMITS
from chat.completions.asked import Asked
from chat.completions.context import Call, Reply, headers_of
from chat.completions.fetching import with_fetched
from chat.completions.keep_alive import kept_alive
from chat.completions.metering import Meter
from chat.gateway import detection
from chat.gateway.dialects import CallerDialect
from chat.gateway.errors import GatewayError, MethodNotAllowed, Overloaded, RequestTooLarge
from chat.gateway.request import Passage, Request
from portal.web.client_address import client_address

log = logging.getLogger(__name__)

Scope = dict[str, Any]
Leave = Callable[[], None]


async def serve(call: Call, body: bytes) -> Reply:
    """Never raises for what a caller or a model server does wrong."""
    operation = operations.at(call.path)
    dialect = operation.stated(call.path, call.headers)
    meter = Meter(call)
    try:
        caller = await admission.authenticate(call)
        meter = Meter(call, caller.limits)
        admission.require(caller, operation.permission)
        admission.require_readable(call)
        raw = admission.parse(body)
        dialect = operation.detect(call.path, call.headers, raw)
        detection.require_fields(call.path, raw)
        request = _with_passage(call, raw, dialect.decode_request(raw))
        operation.check(request, raw)
        admission.require_for_content(caller, request)
        request = await with_fetched(request, dialect)
        reply = await operation.reply(Asked(call, caller, dialect, request, body, meter))
    except GatewayError as error:
        reply = refusal(call, dialect, error)
    except (OperationalError, InterfaceError):
        log.warning("%s failed: the database does not answer.", call.request_id)
        error = Overloaded(
            "The portal's database does not answer. Try again soon.", headers={"retry-after": "1"}
        )
        reply = refusal(call, dialect, error)
    except Exception:
        log.exception("%s failed.", call.request_id)
        error = GatewayError("The portal failed; the request id helps to find out why.")
        reply = refusal(call, dialect, error)
    reply.headers.update(await meter.headers(dialect.NAME))
    return reply


def _with_passage(call: Call, raw: dict[str, Any], request: Request) -> Request:
    beta = call.headers.get("anthropic-beta")
    headers = {"anthropic-beta": beta} if beta else {}
    return msgspec.structs.replace(request, passage=Passage(raw, call.answer_id, headers))


def refusal(call: Call, dialect: CallerDialect, error: GatewayError) -> Reply:
    status, body = dialect.encode_error(error, call.request_id)
    headers = {**headers_of(call, dialect), **dialect.error_headers(error, call.request_id)}
    return Reply(status, headers, msgspec.json.encode(body))


def refused(call: Call, error: GatewayError) -> Reply:
    """Before the body was read: in the format that address and headers say."""
    return refusal(call, operations.at(call.path).stated(call.path, call.headers), error)


def body_too_large() -> RequestTooLarge:
    return RequestTooLarge(f"The request's body is larger than {LIMITS.body} bytes.")


class CompletionsApplication:
    """Plain ASGI. `trusted_proxies` are the networks whose `X-Forwarded-For` is believed."""

    def __init__(self, trusted_proxies: Sequence[IPv4Network | IPv6Network]) -> None:
        self._trusted_proxies = trusted_proxies

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        call = self._call(scope)
        try:
            body = await _read(receive)
        except RequestTooLarge as error:
            await _send(send, refused(call, error))
            return
        if body is None:
            return
        async with _ended_by_leaving(receive) as leave:
            await _answer(call, body, scope["method"], send, leave)

    def _call(self, scope: Scope) -> Call:
        raw_headers = list(scope["headers"])
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw_headers}
        peer = scope["client"][0] if scope.get("client") else ""
        address = client_address(peer, headers.get("x-forwarded-for", ""), self._trusted_proxies)
        return Call(scope["path"], headers, raw_headers, address)


async def _answer(call: Call, body: bytes, method: str, send: Any, leave: Leave) -> None:
    if method == "POST":
        await _send(send, await serve(call, body), leave)
        return
    error = MethodNotAllowed(f"{method} is not allowed here: use POST.", headers={"allow": "POST"})
    await _send(send, refused(call, error))


async def _read(receive: Any) -> bytes | None:
    """The whole body; None when the caller left before sending it."""
    pieces, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        piece = message.get("body", b"")
        size += len(piece)
        if size > LIMITS.body:
            raise body_too_large()
        pieces.append(piece)
        if not message.get("more_body"):
            return b"".join(pieces)


@asynccontextmanager
async def _ended_by_leaving(receive: Any) -> AsyncGenerator[Leave, None]:
    """Cancels what runs inside when the caller goes, or is told to; a cancelled answer settles before it
    ends."""
    answering = asyncio.current_task()
    assert answering is not None  # noqa: S101
    has_left = False

    def leave() -> None:
        nonlocal has_left
        if not has_left:
            has_left = True
            answering.cancel()

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        leave()

    watching = asyncio.create_task(watch())
    try:
        yield leave
    except asyncio.CancelledError:
        if not has_left or answering.uncancel():
            raise
    finally:
        watching.cancel()


async def _send(send: Any, reply: Reply, leave: Leave = lambda: None) -> None:
    headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in reply.headers.items()]
    if isinstance(reply.body, bytes):
        headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if isinstance(reply.body, bytes):
        await send({"type": "http.response.body", "body": reply.body})
        return

    async def send_piece(piece: bytes) -> None:
        await send({"type": "http.response.body", "body": piece, "more_body": True})

    keeping = kept_alive(send_piece, reply.ping, settings.KEEP_ALIVE_SECONDS, leave)
    async with aclosing(reply.body) as pieces, keeping as send_next:
        async for piece in pieces:
            await send_next(piece)
    await send({"type": "http.response.body", "body": b""})
