"""How much one request may hold."""

from collections.abc import Iterator
from typing import Any

import msgspec

from chat.gateway.errors import InvalidRequest, RequestTooLarge
from chat.gateway.request import AnyPart, Document, Image, Request, Text, Thinking, ToolCall, ToolResult


class Limits(msgspec.Struct, frozen=True):
    """`body` and `image` in bytes, of an image those its base64 stands for; `text` in characters, each
    text alone; `depth` in levels of nesting; the others are counts."""

    body: int
    depth: int
    messages: int
    tools: int
    text: int
    images: int
    image: int

    def check(self, request: Request, raw: dict[str, Any]) -> None:
        """`raw` is the request as it came. Raises `InvalidRequest` or `RequestTooLarge`, naming field and
        limit."""
        self._few(len(raw["messages"]), self.messages, "messages")
        self._few(len(request.tools) + len(request.foreign_tools), self.tools, "tools")
        images = 0
        for part in _parts(request):
            if isinstance(part, Image):
                images += 1
                if len(part.data or "") * 3 // 4 > self.image:
                    path = path_of(part.data or "", raw)
                    raise RequestTooLarge(f"{path}: an image may have at most {self.image} bytes.", path)
            elif len(text := _text(part)) > self.text:
                path = path_of(text, raw)
                raise InvalidRequest(f"{path}: a text may have at most {self.text} characters.", path)
        self._few(images, self.images, "messages", "images")

    def _few(self, count: int, limit: int, field: str, what: str = "") -> None:
        if count > limit:
            raise InvalidRequest(f"{field}: at most {limit} {what or field} in one request.", field)


def _parts(request: Request) -> Iterator[AnyPart]:
    yield from request.system
    for message in request.messages:
        for part in message.parts:
            yield part
            if isinstance(part, ToolResult):
                yield from part.content


def _text(part: AnyPart) -> str:
    match part:
        case Text() | Thinking():
            return part.text
        case ToolCall():
            return part.arguments
        case Document():
            return part.text or ""
        case _:
            return ""


def path_of(value: str, raw: dict[str, Any]) -> str:
    """Where the caller wrote it: turns that were merged on the way in have other numbers now."""
    for number, message in enumerate(raw["messages"]):
        content = message.get("content")
        for at, part in enumerate(content if isinstance(content, list) else ()):
            if _holds(part, value):
                return f"messages[{number}].content[{at}]"
        if _holds(message, value):
            return f"messages[{number}]" + (".content" if content == value else "")
    return "system" if "system" in raw else "messages"


def _holds(item: Any, value: str) -> bool:
    match item:
        case str():
            return value in item
        case dict():
            return any(_holds(inner, value) for inner in item.values())
        case list():
            return any(_holds(inner, value) for inner in item)
        case _:
            return False
