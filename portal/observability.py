"""What ties an answer to a log line: the request id."""

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase

from portal.web.ids import encode, uuid7

HEADER = "X-Request-Id"


class RequestIdMiddleware:
    """Gives each request a UUIDv7 `portal_id`; every answer carries it as `req_…`."""

    sync_capable = False
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]]) -> None:
        self._get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.portal_id = uuid7()  # type: ignore[attr-defined]
        response = await self._get_response(request)
        response.headers.setdefault(HEADER, encode("req", request.portal_id))  # type: ignore[attr-defined]
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response
