"""What can be asked at which address, and what that asks for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chat.completions import answering, counting
from chat.completions.admission import LIMITS
from chat.completions.asked import Asked
from chat.completions.context import Reply
from chat.completions.services import EMBEDDINGS, IMAGES, ServiceFormat
from chat.gateway import detection
from chat.gateway.dialects import CallerDialect, openai_chat
from chat.gateway.request import Request

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Operation:
    """`stated` and `detect` give the caller's format, before and after the body is read."""

    permission: str
    stated: Callable[[str, Headers], CallerDialect]
    detect: Callable[[str, Headers, dict[str, Any]], CallerDialect]
    check: Callable[[Request, dict[str, Any]], None]
    reply: Callable[[Asked], Awaitable[Reply]]


def _stated(path: str, headers: Headers) -> CallerDialect:
    return detection.stated(path, headers) or openai_chat


def _service(permission: str, dialect: ServiceFormat) -> Operation:
    return Operation(
        permission=permission,
        stated=lambda path, headers: dialect,
        detect=lambda path, headers, raw: dialect,
        check=dialect.check,
        reply=answering.answer,
    )


_COMPLETIONS = Operation("chat", _stated, detection.detect, LIMITS.check, answering.answer)
_COUNTING = Operation("chat", _stated, detection.detect, LIMITS.check, counting.count)
_BY_PATH = {
    "/chat/completions": _COMPLETIONS,
    "/messages": _COMPLETIONS,
    "/messages/count_tokens": _COUNTING,
    "/embeddings": _service("embeddings", EMBEDDINGS),
    "/images/generations": _service("image", IMAGES),
}
_BY_FULL_PATH = {root + path: found for root in ("/api", "/api/v1") for path, found in _BY_PATH.items()}
PATHS = frozenset(_BY_FULL_PATH)


def at(path: str) -> Operation:
    return _BY_FULL_PATH[path.rstrip("/")]
