"""A ceiling on request bodies. Django writes a body to the disk before any view can refuse it."""

import json
from collections.abc import Callable
from typing import Any

from portal.web.envelope import envelope

Scope = dict[str, Any]
App = Callable[[Scope, Any, Any], Any]


def limited(application: App, limit: int) -> App:
    """`limit` in bytes. A caller who states no size is cut off where it ends."""

    async def limiting(scope: Scope, receive: Any, send: Any) -> None:
        stated = dict(scope["headers"]).get(b"content-length", b"")
        if stated.isdigit() and int(stated) > limit:
            await _refuse(send, limit)
            return
        size = 0

        async def receive_limited() -> Any:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            return message if size <= limit else {"type": "http.disconnect"}

        await application(scope, receive_limited, send)

    return limiting


async def _refuse(send: Any, limit: int) -> None:
    message = f"The request's body is larger than {limit} bytes."
    body = json.dumps(envelope(message, "request_too_large", "request_too_large")).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
