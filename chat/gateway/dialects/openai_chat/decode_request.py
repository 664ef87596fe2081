"""OpenAI request → canonical request."""

import re
from itertools import chain
from typing import Any, assert_never

import msgspec

from chat.gateway.dialects.openai_chat import foreign, legacy_functions, schema
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

_DATA_URL = re.compile(r"data:([^;,]*)(?:;[^,]*)?;base64,(.*)", re.DOTALL)
_PATH = re.compile(r" - at `\$\.?(.*)`$")


def decode_request(raw: dict[str, Any]) -> Request:
    """Raises `InvalidRequest` naming the offending path."""
    is_legacy = legacy_functions.is_legacy(raw)
    if is_legacy:
        raw = legacy_functions.upgraded(raw)
    raw, foreign_tools, foreign_choice = foreign.split(raw)
    wire = _validated(raw)
    return Request(
        model=wire.model,
        system=tuple(chain.from_iterable(_system(message) for message in wire.messages)),
        messages=_turns(wire.messages),
        tools=tuple(_tool(tool.function) for tool in wire.tools or ()),
        tool_choice=_tool_choice(wire.tool_choice),
        parallel_tool_calls=wire.parallel_tool_calls,
        sampling=_sampling(wire),
        thinking_budget=budget_of(wire.reasoning_effort) if wire.reasoning_effort else None,
        output_format=_output_format(wire.response_format),
        stream=bool(wire.stream),
        include_usage=bool(wire.stream_options and wire.stream_options.include_usage),
        extra={name: value for name, value in raw.items() if name not in schema.READ_FIELDS} | foreign_choice,
        foreign_tools=foreign_tools,
        legacy_functions=is_legacy,
        dialect="openai",
    )


def _validated(raw: dict[str, Any]) -> schema.ChatRequest:
    try:
        wire = msgspec.convert(raw, schema.ChatRequest)
    except msgspec.ValidationError as error:
        text = str(error)
        path = _PATH.search(text)
        raise InvalidRequest(_PATH.sub("", text), param=path[1] if path else None) from error
    if not wire.messages:
        raise InvalidRequest("`messages` must hold at least one message.", param="messages")
    return wire


def _system(message: schema.Message) -> list[Text]:
    match message:
        case schema.SystemMessage() | schema.DeveloperMessage():
            return [part for part in _parts(message.content) if isinstance(part, Text)]
        case _:
            return []


def _turns(messages: list[schema.Message]) -> tuple[Message, ...]:
    """Consecutive tool and user messages become one user turn."""
    turns: list[tuple[Role, list[AnyPart]]] = []
    for message in messages:
        turn = _turn(message)
        if turn is None:
            continue
        role, parts = turn
        if turns and role == "user" == turns[-1][0] and _is_results(turns[-1][1]):
            turns[-1][1].extend(parts)
        else:
            turns.append((role, parts))
    return tuple(Message(role, tuple(parts)) for role, parts in turns)


def _is_results(parts: list[AnyPart]) -> bool:
    return all(isinstance(part, ToolResult) for part in parts)


def _turn(message: schema.Message) -> tuple[Role, list[AnyPart]] | None:
    match message:
        case schema.SystemMessage() | schema.DeveloperMessage():
            return None
        case schema.UserMessage():
            return "user", list(_parts(message.content))
        case schema.AssistantMessage():
            return "assistant", _assistant_parts(message)
        case schema.ToolMessage():
            return "user", [ToolResult(message.tool_call_id, tuple(_parts(message.content)))]
        case _:
            assert_never(message)


def _assistant_parts(message: schema.AssistantMessage) -> list[AnyPart]:
    calls = message.tool_calls or []
    return [
        *_thinking(message),
        *_parts(message.content),
        *([Text(message.refusal)] if message.refusal else []),
        *(ToolCall(call.id, call.function.name, call.function.arguments or "{}") for call in calls),
    ]


def _thinking(message: schema.AssistantMessage) -> list[Thinking]:
    """The details say more than the plain text, which repeats them."""
    if message.reasoning_details:
        return [Thinking(item.text, item.signature, item.data) for item in message.reasoning_details]
    text = message.reasoning_content or message.reasoning
    return [Thinking(text)] if text else []


def _parts(content: schema.Content) -> list[Content]:
    match content:
        case None:
            return []
        case str():
            return [Text(content)]
        case _:
            return [_part(part) for part in content]


def _part(part: schema.Part) -> Content:
    match part:
        case schema.TextPart():
            return Text(part.text)
        case schema.RefusalPart():
            return Text(part.refusal)
        case schema.ImagePart():
            return _image(part.image_url)
        case schema.FilePart():
            return _document(part.file)
        case schema.ForeignPart():
            return Foreign(part.raw, "openai")
        case _:
            assert_never(part)


def _image(image: schema.ImageUrl) -> Image:
    inline = _DATA_URL.match(image.url)
    if inline:
        return Image(media_type=inline[1] or None, data=inline[2], detail=image.detail)
    return Image(url=image.url, detail=image.detail)


def _document(file: schema.File) -> Document:
    inline = _DATA_URL.match(file.file_data or "")
    if not inline:
        raise InvalidRequest("A file part needs `file_data` as a base64 data URL.", param="messages")
    return Document(media_type=inline[1] or None, data=inline[2], name=file.filename)


def _tool(function: schema.Function) -> Tool:
    return Tool(
        function.name, function.parameters or {"type": "object"}, function.description, function.strict
    )


def _tool_choice(choice: str | schema.NamedToolChoice | None) -> ToolChoice | None:
    match choice:
        case None:
            return None
        case str():
            return ToolChoice(ToolMode(choice))
        case _:
            return ToolChoice(ToolMode.REQUIRED, choice.function.name)


def _output_format(wanted: schema.ResponseFormat | None) -> OutputFormat | None:
    if wanted is None or wanted.type == "text":
        return None
    described = wanted.json_schema
    if described is None:
        return OutputFormat()
    return OutputFormat(described.schema, described.name, described.strict)


def _sampling(wire: schema.ChatRequest) -> Sampling:
    stop = (wire.stop,) if isinstance(wire.stop, str) else tuple(wire.stop or ())
    limit = wire.max_tokens if wire.max_completion_tokens is None else wire.max_completion_tokens
    return Sampling(max_tokens=limit, temperature=wire.temperature, top_p=wire.top_p, stop=stop)
