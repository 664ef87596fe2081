"""Images and documents given by address, fetched for model servers that cannot (`PORTAL_FETCH_URLS`)."""

import asyncio
import base64
from collections.abc import Iterator
from typing import Any

import msgspec
from django.conf import settings

from chat.completions.admission import LIMITS
from chat.gateway.dialects import CallerDialect
from chat.gateway.errors import InvalidRequest
from chat.gateway.limits import path_of
from chat.gateway.request import Document, Image, Request, ToolResult
from portal.web import outbound

Json = dict[str, Any]
_SIGNS = [
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
]


async def with_fetched(request: Request, dialect: CallerDialect) -> Request:
    """The request with data in place of addresses. Raises `InvalidRequest` naming the part at fault."""
    if not settings.FETCH_URLS or request.passage is None:
        return request
    raw = request.passage.raw
    urls = sorted({part.url for part in _by_address(request) if part.url})
    if not urls:
        return request
    fetched = dict(zip(urls, await asyncio.gather(*(_fetched(url, raw) for url in urls)), strict=True))
    body = {**raw, "messages": _rewritten(raw["messages"], fetched)}
    passage = msgspec.structs.replace(request.passage, raw=body)
    told = msgspec.structs.replace(dialect.decode_request(body), passage=passage)
    LIMITS.check(told, body)
    return told


def _by_address(request: Request) -> Iterator[Image | Document]:
    for message in request.messages:
        for part in message.parts:
            for inner in part.content if isinstance(part, ToolResult) else (part,):
                if isinstance(inner, Image | Document) and inner.url:
                    yield inner


async def _fetched(url: str, raw: Json) -> tuple[str, str]:
    """Media type and base64."""
    try:
        body = await outbound.fetch(url, limit=LIMITS.image, allowed=settings.FETCH_ALLOWED_NETWORKS)
        return _type_of(body), base64.b64encode(body).decode()
    except outbound.NotFetched as error:
        path = path_of(url, raw)
        raise InvalidRequest(f"{path}: {error}", path) from None


def _type_of(body: bytes) -> str:
    """By what it is, not by what its server calls it."""
    for sign, media_type in _SIGNS:
        if body.startswith(sign):
            return media_type
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    raise outbound.NotFetched("it is neither a PNG, JPEG, GIF or WebP image nor a PDF document.")


def _rewritten(item: Any, fetched: dict[str, tuple[str, str]]) -> Any:
    """Both formats' ways to give an address, wherever they stand."""
    match item:
        case {"type": "url", "url": str(url)} if url in fetched:
            media_type, data = fetched[url]
            return {"type": "base64", "media_type": media_type, "data": data}
        case {"url": str(url)} if url in fetched:
            media_type, data = fetched[url]
            return {**item, "url": f"data:{media_type};base64,{data}"}
        case dict():
            return {name: _rewritten(value, fetched) for name, value in item.items()}
        case list():
            return [_rewritten(value, fetched) for value in item]
        case _:
            return item
