"""A model server reached over HTTP, in whichever dialect it speaks."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import aiohttp
import msgspec

from chat.gateway import strict_json
from chat.gateway.dialects import UpstreamDialect
from chat.gateway.errors import (
    GatewayError,
    UpstreamError,
    UpstreamMisconfigured,
    UpstreamOverloaded,
    UpstreamRejected,
    UpstreamTimeout,
)
from chat.gateway.events import Batch, Event
from chat.gateway.request import Request
from chat.gateway.sse import ServerSentEvent, SSEParser

# Seconds. How long an answer may take is `deadlines`' business, not the connection's.
TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10)
MAX_CONNECTIONS = 1000
MAX_ERROR_BYTES = 64 * 1024


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


class HttpUpstream:
    def __init__(
        self, client: aiohttp.ClientSession, dialect: UpstreamDialect, connection: Connection
    ) -> None:
        self._client = client
        self._dialect = dialect
        self._url = connection.base_url.rstrip("/") + dialect.COMPLETIONS_PATH
        self._headers = {
            "content-type": "application/json",
            **connection.headers,
            **dialect.upstream_headers(connection.credential),
        }

    def call(self, request: Request, model: str) -> AsyncGenerator[Batch, None]:
        passage = request.passage if request.dialect == self._dialect.NAME else None
        encode = self._dialect.pass_request if passage else self._dialect.encode_request
        body = msgspec.json.encode(encode(request, model))
        headers = {**self._headers, **passage.headers} if passage else self._headers
        # With an `answer_id` the answer passes as it is, under that name.
        answer_id = passage.answer_id if passage else None
        return self._post(body, headers, request, answer_id)

    async def _post(
        self, body: bytes, headers: dict[str, str], request: Request, answer_id: str | None
    ) -> AsyncGenerator[Batch, None]:
        try:
            posting = self._client.post(self._url, data=body, headers=headers, allow_redirects=False)
            async with posting as response:
                await _raise_for_status(response)
                if not request.stream:
                    yield self._whole(await response.read(), request, answer_id)
                    return
                async with aclosing(self._streamed(response, request, answer_id)) as batches:
                    async for batch in batches:
                        yield batch
        except TimeoutError as error:
            raise UpstreamTimeout("The model server did not answer in time.") from error
        except (aiohttp.ClientError, OSError) as error:
            raise UpstreamError("The model server could not be reached or broke off.") from error

    def _whole(self, body: bytes, request: Request, answer_id: str | None) -> Batch:
        try:
            if answer_id is not None:
                return [self._dialect.pass_answer(body, request, answer_id)]
            return self._dialect.decode_answer(strict_json.decode(body), request)
        except (msgspec.DecodeError, UnicodeDecodeError, LookupError, TypeError, AttributeError) as error:
            raise UpstreamError("The model server's answer could not be read.") from error

    async def _streamed(
        self, response: aiohttp.ClientResponse, request: Request, answer_id: str | None
    ) -> AsyncGenerator[Batch, None]:
        dialect, parser = self._dialect, SSEParser()
        passes = answer_id is not None
        decoder = dialect.passer(request, answer_id or "") if passes else dialect.event_decoder(request)

        def decoded(arrived: Sequence[ServerSentEvent]) -> list[Event]:
            try:
                return list(decoder.feed(arrived))
            except (LookupError, TypeError, AttributeError) as error:
                raise UpstreamError("The model server sent an event that could not be read.") from error

        while True:
            at_hand = response.content.read_nowait()
            chunk = at_hand or await response.content.readany()
            if not chunk:
                break
            if batch := decoded(parser.feed(chunk)):
                yield batch
            if at_hand:
                # A server faster than we are would never make us wait, and so starve everybody else.
                await asyncio.sleep(0)
        yield [*decoded(parser.close()), *decoder.close()]


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
