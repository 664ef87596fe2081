"""A model server reached over HTTP, in whichever dialect it speaks."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import httpx
import msgspec
from httpx_aiohttp import HttpxAiohttpClient

from chat.gateway.dialects import UpstreamDialect
from chat.gateway.errors import (
    GatewayError,
    UpstreamError,
    UpstreamMisconfigured,
    UpstreamOverloaded,
    UpstreamRejected,
    UpstreamTimeout,
)
from chat.gateway.events import Event
from chat.gateway.request import Request
from chat.gateway.sse import ServerSentEvent, SSEParser

# Seconds. How long an answer may take is `deadlines`' business, not the connection's.
TIMEOUT = httpx.Timeout(connect=10, read=None, write=60, pool=10)
MAX_ERROR_BYTES = 64 * 1024


def new_client() -> httpx.AsyncClient:
    """One pooled client serves a whole event loop."""
    limits = httpx.Limits(max_connections=1000, max_keepalive_connections=100)
    return HttpxAiohttpClient(timeout=TIMEOUT, limits=limits, follow_redirects=False)


class Connection(msgspec.Struct, frozen=True):
    """`base_url` ends where the dialect's own paths begin, such as `https://host/v1`."""

    base_url: str
    credential: str = ""
    headers: dict[str, str] = {}


class HttpUpstream:
    def __init__(self, client: httpx.AsyncClient, dialect: UpstreamDialect, connection: Connection) -> None:
        self._client = client
        self._dialect = dialect
        self._url = connection.base_url.rstrip("/") + dialect.COMPLETIONS_PATH
        self._headers = {
            "content-type": "application/json",
            **connection.headers,
            **dialect.upstream_headers(connection.credential),
        }

    async def events(self, request: Request, model: str) -> AsyncGenerator[Event, None]:
        passes = request.passage is not None and request.dialect == self._dialect.NAME
        encode = self._dialect.pass_request if passes else self._dialect.encode_request
        body = msgspec.json.encode(encode(request, model))
        headers = (
            {**self._headers, **request.passage.headers} if passes and request.passage else self._headers
        )
        try:
            async with self._client.stream("POST", self._url, content=body, headers=headers) as response:
                await _raise_for_status(response)
                answer_id = request.passage.answer_id if passes and request.passage else None
                read = self._streamed if request.stream else self._whole
                async with aclosing(read(response, request, answer_id)) as events:
                    async for event in events:
                        yield event
        except (httpx.NetworkError, httpx.ProtocolError, httpx.ConnectTimeout) as error:
            # The aiohttp transport reports every lost connection as `ConnectTimeout`.
            raise UpstreamError("The model server could not be reached or broke off.") from error
        except httpx.TimeoutException as error:
            raise UpstreamTimeout("The model server did not answer in time.") from error
        except httpx.HTTPError as error:
            raise UpstreamError("The call to the model server failed.") from error

    async def _whole(
        self, response: httpx.Response, request: Request, answer_id: str | None
    ) -> AsyncGenerator[Event, None]:
        """With an `answer_id` the answer passes as it is, under that name."""
        body = await response.aread()
        try:
            if answer_id is not None:
                events: list[Event] = [self._dialect.pass_answer(body, request, answer_id)]
            else:
                events = self._dialect.decode_answer(msgspec.json.decode(body), request)
        except (msgspec.DecodeError, KeyError, TypeError, AttributeError) as error:
            raise UpstreamError("The model server's answer could not be read.") from error
        for event in events:
            yield event

    async def _streamed(
        self, response: httpx.Response, request: Request, answer_id: str | None
    ) -> AsyncGenerator[Event, None]:
        dialect, parser = self._dialect, SSEParser()
        passes = answer_id is not None
        decoder = dialect.passer(request, answer_id or "") if passes else dialect.event_decoder(request)

        def decoded(arrived: list[ServerSentEvent]) -> list[Event]:
            try:
                return [event for item in arrived for event in decoder.feed(item)]
            except (KeyError, TypeError, AttributeError) as error:
                raise UpstreamError("The model server sent an event that could not be read.") from error

        async for chunk in response.aiter_bytes():
            for event in decoded(parser.feed(chunk)):
                yield event
            # A server faster than we are would never make us wait, and so starve everybody else.
            await asyncio.sleep(0)
        for event in decoded(parser.close()):
            yield event
        for event in decoder.close():
            yield event


async def _raise_for_status(response: httpx.Response) -> None:
    if response.status_code < 400:
        return
    message = _reason(await response.aread())
    raise _failure(response, message)


def _failure(response: httpx.Response, message: str) -> GatewayError:
    status = response.status_code
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
        error = msgspec.json.decode(body[:MAX_ERROR_BYTES])["error"]
        text = error["message"] if isinstance(error, dict) else error
    except (msgspec.DecodeError, KeyError, TypeError):
        return "no reason given"
    return str(text)[:500]
