"""The canonical request: what a caller asks of a model, whichever wire format said it."""

import base64
from enum import StrEnum
from typing import Any, Literal

import msgspec

from chat.gateway.errors import InvalidRequest


class Part(msgspec.Struct, frozen=True, tag=True):
    """One piece of a message."""


class Text(Part, frozen=True, tag="text"):
    text: str


class Image(Part, frozen=True, tag="image"):
    """Either inline (`media_type` and base64 `data`) or by reference (`url`)."""

    media_type: str | None = None
    data: str | None = None
    url: str | None = None
    detail: str | None = None


class Document(Part, frozen=True, tag="document"):
    """A file for the model to read: base64 `data`, plain `text`, or a `url`."""

    media_type: str | None = None
    data: str | None = None
    text: str | None = None
    url: str | None = None
    name: str | None = None

    def plain_text(self) -> str | None:
        """None for what is no plain text. Raises `InvalidRequest` for base64 that is none."""
        if self.text is not None or self.data is None or not (self.media_type or "text/").startswith("text/"):
            return self.text
        try:
            return base64.b64decode(self.data).decode("utf-8", "replace")
        except ValueError:
            name = f" of {self.name}" if self.name else ""
            raise InvalidRequest(f"The data{name} are not valid base64.", "messages") from None


class Thinking(Part, frozen=True, tag="thinking"):
    """`redacted` holds a provider's encrypted thinking in place of the text."""

    text: str = ""
    signature: str | None = None
    redacted: str | None = None


class ToolCall(Part, frozen=True, tag="tool_call"):
    """`arguments` is the JSON text of an object."""

    id: str
    name: str
    arguments: str


class Foreign(Part, frozen=True, tag="foreign"):
    """A piece that only servers of this `dialect` know what to do with, as it came."""

    raw: dict[str, Any]
    dialect: str


Content = Text | Image | Document | Foreign


class ToolResult(Part, frozen=True, tag="tool_result"):
    call_id: str
    content: tuple[Content, ...]
    is_error: bool = False


AnyPart = Content | Thinking | ToolCall | ToolResult
Role = Literal["user", "assistant"]


class Message(msgspec.Struct, frozen=True):
    """One turn. Tool results are parts of a user turn, as in Anthropic's format."""

    role: Role
    parts: tuple[AnyPart, ...]


class Tool(msgspec.Struct, frozen=True):
    name: str
    schema: dict[str, Any]
    description: str | None = None
    strict: bool | None = None


class ToolMode(StrEnum):
    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"


class ToolChoice(msgspec.Struct, frozen=True):
    """`name` set: exactly this tool must be called."""

    mode: ToolMode = ToolMode.AUTO
    name: str | None = None


class Sampling(msgspec.Struct, frozen=True, omit_defaults=True):
    """Values are None when the caller left them to the model."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()


class OutputFormat(msgspec.Struct, frozen=True):
    """JSON is wanted: of this schema, or any object where it is None."""

    schema: dict[str, Any] | None = None
    name: str = "answer"
    strict: bool | None = None


# Fields of ours beside the format's own: no model server gets them (conformance O08).
PORTAL_FIELDS = frozenset(["session_id", "attachments"])


class Service(StrEnum):
    """What a model is asked for."""

    CHAT = "answers"
    EMBEDDINGS = "embeddings"
    IMAGES = "images"


class Passage(msgspec.Struct, frozen=True):
    """The caller's own body and headers, for an upstream that speaks the caller's format."""

    raw: dict[str, Any]
    answer_id: str
    headers: dict[str, str] = {}


class Request(msgspec.Struct, frozen=True):
    """`thinking_budget` in tokens: 0 for no thinking, None for what the model does by itself.
    `extra` and `foreign_tools` keep what only an upstream of the caller's own `dialect` understands.
    `legacy_functions`: the caller knows one `function_call`, no `tool_calls`.
    Only chat is told in canonical terms; the other services' requests are their `passage`.
    """

    model: str
    messages: tuple[Message, ...] = ()
    system: tuple[Text, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    sampling: Sampling = Sampling()
    thinking_budget: int | None = None
    output_format: OutputFormat | None = None
    stream: bool = False
    include_usage: bool = False
    extra: dict[str, Any] = {}
    foreign_tools: tuple[dict[str, Any], ...] = ()
    legacy_functions: bool = False
    dialect: str = ""
    passage: Passage | None = None
    service: Service = Service.CHAT

    def extra_for(self, dialect: str) -> dict[str, Any]:
        return self.extra if dialect == self.dialect else {}
