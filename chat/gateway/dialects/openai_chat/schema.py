"""OpenAI Chat Completions as the API reference writes it: the part of a request we read."""

from typing import Annotated, Any, Literal

import msgspec

from chat.gateway.request import PORTAL_FIELDS

# A negative limit is none for some servers.
AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]


class Loose(msgspec.Struct, kw_only=True):
    """Unknown fields are allowed everywhere: the format grows faster than its readers."""


class TextPart(Loose, tag_field="type", tag="text"):
    text: str


class RefusalPart(Loose, tag_field="type", tag="refusal"):
    refusal: str


class ImageUrl(Loose):
    url: str
    detail: str | None = None


class ImagePart(Loose, tag_field="type", tag="image_url"):
    image_url: ImageUrl


class File(Loose):
    file_data: str | None = None
    file_id: str | None = None
    filename: str | None = None


class FilePart(Loose, tag_field="type", tag="file"):
    file: File


class ForeignPart(Loose, tag_field="type", tag="foreign"):
    """A part that was set apart (`foreign`)."""

    raw: dict[str, Any]


Part = TextPart | RefusalPart | ImagePart | FilePart | ForeignPart
Content = str | list[Part] | None


class FunctionCall(Loose):
    name: str
    arguments: str = ""


class ToolCall(Loose):
    id: str
    function: FunctionCall
    type: Literal["function"] = "function"


class ReasoningDetail(Loose):
    """Thinking as it has to come back to the model: text with its signature, or encrypted `data`."""

    type: str = "reasoning.text"
    text: str = ""
    signature: str | None = None
    data: str | None = None


class SystemMessage(Loose, tag_field="role", tag="system"):
    content: Content


class DeveloperMessage(Loose, tag_field="role", tag="developer"):
    content: Content


class UserMessage(Loose, tag_field="role", tag="user"):
    content: Content


class AssistantMessage(Loose, tag_field="role", tag="assistant"):
    content: Content = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: list[ReasoningDetail] | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None


class ToolMessage(Loose, tag_field="role", tag="tool"):
    tool_call_id: str
    content: Content


Message = SystemMessage | DeveloperMessage | UserMessage | AssistantMessage | ToolMessage


class Function(Loose):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class Tool(Loose):
    function: Function
    type: Literal["function"] = "function"


class NamedFunction(Loose):
    name: str


class NamedToolChoice(Loose):
    function: NamedFunction
    type: Literal["function"] = "function"


class StreamOptions(Loose):
    include_usage: bool = False


class JsonSchema(Loose):
    name: str = "answer"
    schema: dict[str, Any] | None = None
    strict: bool | None = None


class ResponseFormat(Loose):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class ChatRequest(Loose):
    model: str
    messages: list[Message]
    tools: list[Tool] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedToolChoice | None = None
    parallel_tool_calls: bool | None = None
    max_tokens: AtLeastOne | None = None
    max_completion_tokens: AtLeastOne | None = None
    n: AtLeastOne | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: str | list[str] | None = None
    reasoning_effort: str | None = None
    response_format: ResponseFormat | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None


# `n` is looked at for its type only: it is the server's to honour.
READ_FIELDS = (frozenset(ChatRequest.__struct_fields__) | PORTAL_FIELDS) - {"n"}
