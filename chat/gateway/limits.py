"""How much one request may hold."""

from collections.abc import Iterator

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

    def check(self, request: Request) -> None:
        """Raises `InvalidRequest` or `RequestTooLarge`, naming field and limit."""
        self._few(len(request.messages), self.messages, "messages")
        self._few(len(request.tools) + len(request.foreign_tools), self.tools, "tools")
        images = 0
        for path, part in _parts(request):
            if isinstance(part, Image):
                images += 1
                self._image(path, part)
            elif _length(part) > self.text:
                raise InvalidRequest(f"{path}: a text may have at most {self.text} characters.", path)
        self._few(images, self.images, "messages", "images")

    def _few(self, count: int, limit: int, field: str, what: str = "") -> None:
        if count > limit:
            raise InvalidRequest(f"{field}: at most {limit} {what or field} in one request.", field)

    def _image(self, path: str, image: Image) -> None:
        if image.data is not None and len(image.data) * 3 // 4 > self.image:
            raise RequestTooLarge(f"{path}: an image may have at most {self.image} bytes.", path)


def _parts(request: Request) -> Iterator[tuple[str, AnyPart]]:
    for number, text in enumerate(request.system):
        yield f"system[{number}]", text
    for number, message in enumerate(request.messages):
        for at, part in enumerate(message.parts):
            path = f"messages[{number}].content[{at}]"
            yield path, part
            if isinstance(part, ToolResult):
                yield from ((path, inner) for inner in part.content)


def _length(part: AnyPart) -> int:
    match part:
        case Text() | Thinking():
            return len(part.text)
        case ToolCall():
            return len(part.arguments)
        case Document():
            return len(part.text or "")
        case _:
            return 0
