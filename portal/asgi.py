"""What the server runs: completions with a key beside Django, sockets, and Django for the rest."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django_application = get_asgi_application()

# Only now can modules with models be imported.
from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import OriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402
from starlette.middleware.cors import CORSMiddleware  # noqa: E402

from apikeys import door  # noqa: E402
from chat.attachments.limits import MAX_REQUEST  # noqa: E402
from chat.completions.application import CompletionsApplication  # noqa: E402
from chat.completions.limit_headers import LIMIT_HEADERS  # noqa: E402
from chat.completions.operations import PATHS  # noqa: E402
from chat.generation.consumer import ChatConsumer  # noqa: E402
from collections_app.mcp.application import Door, McpApplication  # noqa: E402
from portal.web.body_limit import limited  # noqa: E402

_pages = limited(django_application, max(MAX_REQUEST, settings.DATA_UPLOAD_MAX_MEMORY_SIZE))
_completions = CompletionsApplication(settings.TRUSTED_PROXIES)
_mcp = McpApplication(
    Door(door.admitted, door.count_request),
    [settings.BASE_URL, *settings.SOCKET_ORIGINS, *settings.CORS_ORIGINS],
    settings.TRUSTED_PROXIES,
)
_KEY_HEADERS = (b"authorization", b"x-api-key")


def _is_mcp(scope: dict[str, Any]) -> bool:
    return bool(scope["path"].rstrip("/") == "/mcp")


async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
    carries_key = any(name in _KEY_HEADERS for name, _ in scope["headers"])
    if _is_mcp(scope):
        await _mcp(scope, receive, send)
    elif settings.FAST_PATH and carries_key and scope["path"].rstrip("/") in PATHS:
        await _completions(scope, receive, send)
    else:
        await _pages(scope, receive, send)


# Pages of other origins call with a key: cookies stay at home (conformance H03).
_for_other_origins = CORSMiddleware(
    answer,
    allow_origins=settings.CORS_ORIGINS,
    allow_methods=["GET", "POST", "PATCH", "DELETE"],
    allow_headers=["*"],
    expose_headers=["x-request-id", "request-id", "x-portal-format", "retry-after", *LIMIT_HEADERS],
    max_age=600,
)


async def http(scope: dict[str, Any], receive: Any, send: Any) -> None:
    is_theirs = settings.CORS_ORIGINS and (scope["path"].startswith("/api") or _is_mcp(scope))
    await (_for_other_origins if is_theirs else answer)(scope, receive, send)


_sockets = AuthMiddlewareStack(URLRouter([path("ws/chat", ChatConsumer.as_asgi())]))
application = ProtocolTypeRouter(
    {"http": http, "websocket": OriginValidator(_sockets, [settings.BASE_URL, *settings.SOCKET_ORIGINS])}
)
