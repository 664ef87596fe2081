"""A model server reached over HTTP, in whichever dialect it speaks."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from chat.gateway import strict_json
from chat.gateway.dialects import (
    EventDecoder,
    ServiceDialect,
    UpstreamDialect,
    anthropic_messages,
    openai_chat,
)
from chat.gateway.errors import (
    GatewayError,
    InvalidRequest,
    UpstreamError,
    UpstreamFailure,
    UpstreamMisconfigured,
    UpstreamOverloaded,
    UpstreamRejected,
    UpstreamTimeout,
)
from chat.gateway.events import Batch, Event
from chat.gateway.request import Passage, Request, Service
from chat.gateway.sse import ServerSentEvent, SSEParser
from chat.gateway.upstreams import counting

# Seconds. How long an answer may take is `deadlines`' business, not the connection's.
TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10)
MAX_CONNECTIONS = 1000
MAX_ERROR_BYTES = 64 * 1024
# A server faster than we are would never make us wait, and so starve everybody else.
READS_WITHOUT_WAIT = 4
# Several large images, as base64, are the most that a whole answer holds.
MAX_ANSWER_BYTES = 128 * 1024 * 1024
# Of an extra header, what is shorter is a common word.
SHORTEST_SECRET = 6

# What reading goes wrong with where JSON is not what its format says, or too deep.
_UNREADABLE = (LookupError, TypeError, AttributeError, RecursionError)

Count = Callable[[counting.Ask, dict[str, Any]], Awaitable[int | None]]
_COUNTS: dict[str, Count] = {
    anthropic_messages.NAME: counting.by_messages_api,
    openai_chat.NAME: counting.by_tokenizer,
}
CountSaid = Callable[[counting.Ask, str, str], Awaitable[int | None]]
_COUNTS_OF_SAID: dict[str, CountSaid] = {
    anthropic_messages.NAME: counting.said_by_messages_api,
    openai_chat.NAME: counting.said_by_tokenizer,
}


def new_client() -> aiohttp.ClientSession:
    """One pooled client serves a whole event loop."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS),
        timeout=TIMEOUT,
        cookie_jar=aiohttp.DummyCookieJar(),
        # Compressed streams come late, and cost both sides more than they save.
        headers={"accept-encoding": "identity"},
    )


class Connection(msgspec.Struct, frozen=True):
    """`base_url` ends where the dialect's own paths begin, such as `https://host/v1`."""

    base_url: str
    credential: str = ""
    headers: dict[str, str] = {}

    def redacted(self, text: str) -> str:
        """For callers: without what only the operator may know, should the model server repeat it."""
        words = [word for value in self.headers.values() for word in (value, *value.split())]
        address = urlsplit(self.base_url)
        hidden = [self.credential, self.base_url, address.netloc, address.hostname or ""]
        hidden += [word for word in words if len(word) >= SHORTEST_SECRET]
        for secret in sorted(filter(None, hidden), key=len, reverse=True):
            text = text.replace(secret, "•••")
        return text


class HttpUpstream:
    """`services` says how it gives what is not chat, where its kind of server does at all."""

    def __init__(
        self,
        client: aiohttp.ClientSession,
        dialect: UpstreamDialect,
        connection: Connection,
        services: Mapping[Service, ServiceDialect] = MappingProxyType({}),
    ) -> None:
        self._client = client
        self._dialect = dialect
        self._services = services
        self._connection = connection
        self._base_url = connection.base_url.rstrip("/")
        self._url = self._base_url + dialect.COMPLETIONS_PATH
        self._headers = {
            "content-type": "application/json",
            **connection.headers,
            **dialect.upstream_headers(connection.credential),
        }

    def call(self, request: Request, model: str) -> AsyncGenerator[Batch, None]:
        if request.service is not Service.CHAT:
            return self._serve(request, model)
        passage = request.passage if request.dialect == self._dialect.NAME else None
        encode = self._dialect.pass_request if passage else self._dialect.encode_request
        body = msgspec.json.encode(encode(request, model))
        headers = {**self._headers, **passage.headers} if passage else self._headers
        if request.stream:
            return self._stream(body, headers, request, passage)
        if passage:
            return self._post(
                self._url,
                body,
                headers,
                lambda said: [self._dialect.pass_answer(said, request, passage.answer_id)],
            )
        return self._post(
            self._url,
            body,
            headers,
            lambda said: self._dialect.decode_answer(strict_json.decode(said), request),
        )

    async def count_tokens(self, request: Request, model: str) -> int | None:
        passes = request.passage is not None and request.dialect == self._dialect.NAME
        encode = self._dialect.pass_request if passes else self._dialect.encode_request
        try:
            return await _COUNTS[self._dialect.NAME](self._ask, encode(request, model))
        except UpstreamRejected:
            raise
        except (UpstreamFailure, msgspec.DecodeError, ValueError, *_UNREADABLE):
            return None

    async def count_said(self, said: str, model: str) -> int | None:
        try:
            return await _COUNTS_OF_SAID[self._dialect.NAME](self._ask, said, model)
        except (UpstreamFailure, msgspec.DecodeError, ValueError, *_UNREADABLE):
            return None

    async def _ask(self, path: str, body: dict[str, Any], *, at_root: bool = False) -> dict[str, Any]:
        base = self._base_url.removesuffix("/v1") if at_root else self._base_url
        async with self._answer(base + path, msgspec.json.encode(body), self._headers) as response:
            said: dict[str, Any] = msgspec.json.decode(await _whole(response))
            return said

    def _serve(self, request: Request, model: str) -> AsyncGenerator[Batch, None]:
        service, passage = self._services.get(request.service), request.passage
        if service is None or passage is None:
            raise InvalidRequest(f"This model's server gives no {request.service}.", "model")
        body = msgspec.json.encode(service.pass_request(request, model))
        url = self._base_url + service.PATH
        return self._post(
            url, body, self._headers, lambda said: [service.pass_answer(said, request, passage.answer_id)]
        )

    async def _post(
        self, url: str, body: bytes, headers: dict[str, str], read: Callable[[bytes], Batch]
    ) -> AsyncGenerator[Batch, None]:
        async with self._answer(url, body, headers) as response:
            said = await _whole(response)
            try:
                batch = read(said)
            except (msgspec.DecodeError, UnicodeDecodeError, *_UNREADABLE) as error:
                raise UpstreamError("The model server's answer could not be read.") from error
        yield batch

    @asynccontextmanager
    async def _answer(
        self, url: str, body: bytes, headers: dict[str, str]
    ) -> AsyncGenerator[aiohttp.ClientResponse, None]:
        try:
            async with self._client.post(url, data=body, headers=headers, allow_redirects=False) as response:
                await _raise_for_status(response)
                yield response
        except UpstreamFailure as error:
            error.message = self._connection.redacted(error.message)
            raise
        except TimeoutError as error:
            raise UpstreamTimeout("The model server did not answer in time.") from error
        except (aiohttp.ClientError, OSError) as error:
            raise UpstreamError("The model server could not be reached or broke off.") from error

    async def _stream(
        self, body: bytes, headers: dict[str, str], request: Request, passage: Passage | None
    ) -> AsyncGenerator[Batch, None]:
        async with (
            self._answer(self._url, body, headers) as response,
            aclosing(self._streamed(response, request, passage)) as batches,
        ):
            async for batch in batches:
                yield batch

    async def _streamed(
        self, response: aiohttp.ClientResponse, request: Request, passage: Passage | None
    ) -> AsyncGenerator[Batch, None]:
        dialect, parser = self._dialect, SSEParser()
        decoder = dialect.passer(request, passage.answer_id) if passage else dialect.event_decoder(request)

        without_wait = 0
        while True:
            at_hand = response.content.read_nowait()
            chunk = at_hand or await response.content.readany()
            if not chunk:
                break
            batch, failure = _decoded(decoder, parser.feed(chunk))
            if batch:
                yield batch
            if failure is not None:
                raise failure
            without_wait = without_wait + 1 if at_hand else 0
            if without_wait == READS_WITHOUT_WAIT:
                without_wait = 0
                await asyncio.sleep(0)
        batch, failure = _decoded(decoder, parser.close())
        if failure is not None:
            raise failure
        yield [*batch, *decoder.close()]


def _decoded(
    decoder: EventDecoder, arrived: Sequence[ServerSentEvent]
) -> tuple[list[Event], UpstreamFailure | None]:
    """What came before an event that is none is told first, also when both arrived together."""
    events: list[Event] = []
    try:
        for event in decoder.feed(arrived):
            events.append(event)
    except UpstreamFailure as error:
        return events, error
    except _UNREADABLE as error:
        failure = UpstreamError("The model server sent an event that could not be read.")
        failure.__cause__ = error
        return events, failure
    return events, None


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise UpstreamError("The model server's answer is too large.")
    return bytes(body)


async def _raise_for_status(response: aiohttp.ClientResponse) -> None:
    if response.status < 300:
        return
    body = b""
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_ERROR_BYTES:
            break
    raise _failure(response, _reason(body))


def _failure(response: aiohttp.ClientResponse, message: str) -> GatewayError:
    status = response.status
    if status in (400, 413, 422):
        return UpstreamRejected(f"The model server refused the request: {message}")
    if status in (429, 503, 529):
        wait = response.headers.get("retry-after")
        return UpstreamOverloaded(
            "The model server is overloaded.", headers={"retry-after": wait} if wait else {}
        )
    if status in (408, 504):
        return UpstreamTimeout("The model server did not answer in time.")
    if status in (401, 403, 404):
        return UpstreamMisconfigured("The model server refused the portal; its operator has to look.")
    return UpstreamError(f"The model server failed with status {status}.")


def _reason(body: bytes) -> str:
    try:
        error = msgspec.json.decode(body)["error"]
        text = error["message"] if isinstance(error, dict) else error
    except (msgspec.DecodeError, KeyError, TypeError):
        return "no reason given"
    return str(text)[:500]
