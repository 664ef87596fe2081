"""Anthropic Messages as the API reference writes it: the part of a request we read."""

from typing import Annotated, Any

import msgspec

from chat.gateway.request import PORTAL_FIELDS


class Loose(msgspec.Struct, kw_only=True):
    """Unknown fields are allowed everywhere: coding agents send newer ones on every call."""


class TextBlock(Loose, tag_field="type", tag="text"):
    text: str


class Source(Loose):
    type: str
    media_type: str | None = None
    data: str | None = None
    url: str | None = None
    content: str | list[TextBlock] | None = None


class ImageBlock(Loose, tag_field="type", tag="image"):
    source: Source


class DocumentBlock(Loose, tag_field="type", tag="document"):
    source: Source
    title: str | None = None


class ForeignBlock(Loose, tag_field="type", tag="foreign"):
    """A block that was set apart (`foreign`)."""

    raw: dict[str, Any]


ContentBlock = TextBlock | ImageBlock | DocumentBlock | ForeignBlock


class ThinkingBlock(Loose, tag_field="type", tag="thinking"):
    thinking: str
    signature: str | None = None


class RedactedThinkingBlock(Loose, tag_field="type", tag="redacted_thinking"):
    data: str


class ToolUseBlock(Loose, tag_field="type", tag="tool_use"):
    id: str
    name: str
    input: dict[str, Any]


class ToolResultBlock(Loose, tag_field="type", tag="tool_result"):
    tool_use_id: str
    content: str | list[ContentBlock] = ""
    is_error: bool = False


Block = ContentBlock | ThinkingBlock | RedactedThinkingBlock | ToolUseBlock | ToolResultBlock


class UserMessage(Loose, tag_field="role", tag="user"):
    content: str | list[Block]


class AssistantMessage(Loose, tag_field="role", tag="assistant"):
    content: str | list[Block]


class Tool(Loose):
    name: str
    input_schema: dict[str, Any]
    description: str | None = None
    strict: bool | None = None


class ToolChoice(Loose):
    type: str
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class ThinkingConfig(Loose):
    type: str
    budget_tokens: int | None = None


class Format(Loose):
    type: str
    schema: dict[str, Any] | None = None


class OutputConfig(Loose):
    format: Format | None = None
    effort: str | None = None


class MessagesRequest(Loose):
    model: str
    messages: list[UserMessage | AssistantMessage]
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    system: str | list[TextBlock] | None = None
    tools: list[Tool] | None = None
    tool_choice: ToolChoice | None = None
    stop_sequences: list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    thinking: ThinkingConfig | None = None
    output_config: OutputConfig | None = None
    stream: bool | None = None


# `thinking` and `output_config` have kinds that only its own servers know: they get them as they came.
READ_FIELDS = (frozenset(MessagesRequest.__struct_fields__) | PORTAL_FIELDS) - {"thinking", "output_config"}
