"""Private files, sent piece by piece and never as something a browser would run (battery W04)."""

import asyncio
from collections.abc import AsyncGenerator
from typing import IO, TypeVar

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

R = TypeVar("R", bound=HttpResponseBase)
_PIECE = 256 * 1024


def attachment(file: IO[bytes], *, name: str, content_type: str, size: int) -> StreamingHttpResponse:
    """`file` is closed at the end, also when the reader leaves."""
    response = StreamingHttpResponse(_pieces(file), content_type=content_type)
    response["Content-Length"] = str(size)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return _harmless(response)


def inline(data: bytes, *, content_type: str) -> HttpResponse:
    """For content types that we made ourselves."""
    return _harmless(HttpResponse(data, content_type=content_type))


def _harmless(response: R) -> R:
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


async def _pieces(file: IO[bytes]) -> AsyncGenerator[bytes, None]:
    try:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece
    finally:
        file.close()
