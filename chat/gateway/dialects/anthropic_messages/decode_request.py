"""Anthropic request → canonical request."""

import re
from typing import Any, assert_never

import msgspec

from chat.gateway.dialects.anthropic_messages import foreign, schema
from chat.gateway.effort import budget_of
from chat.gateway.errors import InvalidRequest
from chat.gateway.request import (
    AnyPart,
    Content,
    Document,
    Foreign,
    Image,
    Message,
    OutputFormat,
    Request,
    Role,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolMode,
    ToolResult,
)

_PATH = re.compile(r" - at `\$\.?(.*)`$")
_MODES = {"auto": ToolMode.AUTO, "any": ToolMode.REQUIRED, "tool": ToolMode.REQUIRED, "none": ToolMode.NONE}


def decode_request(raw: dict[str, Any]) -> Request:
    """Raises `InvalidRequest` naming the offending path."""
    raw, foreign_tools = foreign.split_tools(raw)
    wire = _validated(foreign.framed(raw))
    turns = _turns(wire.messages)
    _require_results(turns)
    return Request(
        model=wire.model,
        system=_system(wire.system),
        messages=turns,
        tools=tuple(
            Tool(tool.name, tool.input_schema, tool.description, tool.strict) for tool in wire.tools or ()
        ),
        tool_choice=_tool_choice(wire.tool_choice),
        parallel_tool_calls=_parallel(wire.tool_choice),
        sampling=Sampling(
            max_tokens=wire.max_tokens,
            temperature=wire.temperature,
            top_p=wire.top_p,
            top_k=wire.top_k,
            stop=tuple(wire.stop_sequences or ()),
        ),
        thinking_budget=_budget(wire),
        output_format=_output_format(wire.output_config),
        foreign_tools=foreign_tools,
        stream=bool(wire.stream),
        include_usage=True,
        extra={name: value for name, value in raw.items() if name not in schema.READ_FIELDS},
        dialect="anthropic",
    )


def _validated(raw: dict[str, Any]) -> schema.MessagesRequest:
    try:
        wire = msgspec.convert(raw, schema.MessagesRequest)
    except msgspec.ValidationError as error:
        text = str(error)
        path = _PATH.search(text)
        where = f"{path[1]}: " if path and path[1] else ""
        raise InvalidRequest(where + _PATH.sub("", text), param=path[1] if path else None) from error
    if not wire.messages:
        raise InvalidRequest("messages: at least one message is required.", param="messages")
    return wire


def _require_results(turns: tuple[Message, ...]) -> None:
    """Every call is answered in the turn that follows (A06)."""
    for number, turn in enumerate(turns):
        asked = [part.id for part in turn.parts if isinstance(part, ToolCall)]
        following = turns[number + 1].parts if number + 1 < len(turns) else ()
        answered = {part.call_id for part in following if isinstance(part, ToolResult)}
        missing = [call_id for call_id in asked if call_id not in answered]
        if missing:
            ids = ", ".join(missing)
            raise InvalidRequest(f"messages: no tool_result follows the tool_use {ids}.", "messages")


def _budget(wire: schema.MessagesRequest) -> int | None:
    if wire.thinking is None or wire.thinking.type == "adaptive":
        effort = wire.output_config.effort if wire.output_config else None
        return budget_of(effort) if effort else None
    return 0 if wire.thinking.type == "disabled" else wire.thinking.budget_tokens


def _output_format(config: schema.OutputConfig | None) -> OutputFormat | None:
    wanted = config.format if config else None
    return OutputFormat(wanted.schema) if wanted and wanted.type == "json_schema" else None


def _system(system: str | list[schema.TextBlock] | None) -> tuple[Text, ...]:
    if isinstance(system, str):
        return (Text(system),) if system else ()
    return tuple(Text(block.text) for block in system or ())


def _turns(messages: list[schema.UserMessage | schema.AssistantMessage]) -> tuple[Message, ...]:
    """Consecutive turns of one role are merged, as Anthropic does."""
    turns: list[tuple[Role, list[AnyPart]]] = []
    for message in messages:
        role: Role = "user" if isinstance(message, schema.UserMessage) else "assistant"
        parts = _parts(message.content)
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(parts)
        else:
            turns.append((role, parts))
    return tuple(Message(role, tuple(parts)) for role, parts in turns)


def _parts(content: str | list[schema.Block]) -> list[AnyPart]:
    if isinstance(content, str):
        return [Text(content)]
    return [_part(block) for block in content]


def _part(block: schema.Block) -> AnyPart:
    match block:
        case schema.TextBlock() | schema.ImageBlock() | schema.DocumentBlock() | schema.ForeignBlock():
            return _content(block)
        case schema.ThinkingBlock():
            return Thinking(block.thinking, block.signature)
        case schema.RedactedThinkingBlock():
            return Thinking(redacted=block.data)
        case schema.ToolUseBlock():
            return ToolCall(block.id, block.name, msgspec.json.encode(block.input).decode())
        case schema.ToolResultBlock():
            return ToolResult(block.tool_use_id, _result(block.content), block.is_error)
        case _:
            assert_never(block)


def _result(content: str | list[schema.ContentBlock]) -> tuple[Content, ...]:
    if isinstance(content, str):
        return (Text(content),) if content else ()
    return tuple(_content(block) for block in content)


def _content(block: schema.ContentBlock) -> Content:
    match block:
        case schema.TextBlock():
            return Text(block.text)
        case schema.ImageBlock(source=source):
            return Image(source.media_type, source.data, source.url)
        case schema.ForeignBlock():
            return Foreign(block.raw, "anthropic")
        case schema.DocumentBlock(source=source) if source.type == "content":
            return Document("text/plain", text=_joined(source.content), name=block.title)
        case schema.DocumentBlock(source=source) if source.type == "text":
            return Document(source.media_type, text=source.data, name=block.title)
        case schema.DocumentBlock(source=source):
            return Document(source.media_type, data=source.data, url=source.url, name=block.title)
        case _:
            assert_never(block)


def _joined(content: str | list[schema.TextBlock] | None) -> str:
    return content if isinstance(content, str) else "\n".join(block.text for block in content or ())


def _tool_choice(choice: schema.ToolChoice | None) -> ToolChoice | None:
    if choice is None:
        return None
    if choice.type not in _MODES:
        raise InvalidRequest("tool_choice.type: use auto, any, tool or none.", param="tool_choice.type")
    if choice.type == "tool" and not choice.name:
        raise InvalidRequest("tool_choice.name: name the tool.", param="tool_choice.name")
    return ToolChoice(_MODES[choice.type], choice.name if choice.type == "tool" else None)


def _parallel(choice: schema.ToolChoice | None) -> bool | None:
    if choice is None or choice.disable_parallel_tool_use is None:
        return None
    return not choice.disable_parallel_tool_use
