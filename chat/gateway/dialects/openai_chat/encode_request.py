"""Canonical request → OpenAI request, for an upstream."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, assert_never

import msgspec

from chat.gateway.effort import effort_of
from chat.gateway.errors import InvalidRequest
from chat.gateway.request import (
    AnyPart,
    Document,
    Foreign,
    Image,
    Message,
    Request,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)

Json = dict[str, Any]

# OpenAI's own models that think refuse `max_tokens`; everybody else's server may know nothing but it.
_LIMITED_BY_ANOTHER_NAME = re.compile(r"(^|/)(gpt-5|o[134])(-|\.|$)")


def encode_request(request: Request, model: str) -> Json:
    """`model` is the upstream's own name for it."""
    if request.foreign_tools and request.dialect != "openai":
        name = request.foreign_tools[0].get("type")
        raise InvalidRequest(f"The tool type `{name}` cannot be used with this model.", "tools")
    body: Json = {**request.extra_for("openai"), "model": model, "messages": list(_messages(request))}
    if request.tools or request.foreign_tools:
        body["tools"] = [*map(_tool, request.tools), *request.foreign_tools]
    if request.tool_choice is not None:
        body["tool_choice"] = _tool_choice(request.tool_choice)
    if request.parallel_tool_calls is not None:
        body["parallel_tool_calls"] = request.parallel_tool_calls
    if request.stream:
        body["stream"] = True
        # Always asked for: the ledger needs the count, whatever the caller wants to see.
        body["stream_options"] = {"include_usage": True}
    return body | _sampling(request, model) | _output(request)


def _sampling(request: Request, model: str) -> Json:
    sampling = request.sampling
    limit = "max_completion_tokens" if _LIMITED_BY_ANOTHER_NAME.search(model) else "max_tokens"
    fields = {
        limit: sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "stop": list(sampling.stop) or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _output(request: Request) -> Json:
    fields: Json = {}
    if request.thinking_budget is not None:
        fields["reasoning_effort"] = effort_of(request.thinking_budget)
    wanted = request.output_format
    if wanted is not None:
        described = {"name": wanted.name, "schema": wanted.schema, "strict": wanted.strict}
        schema = {name: value for name, value in described.items() if value is not None}
        is_any = wanted.schema is None
        fields["response_format"] = (
            {"type": "json_object"} if is_any else {"type": "json_schema", "json_schema": schema}
        )
    return fields


def _messages(request: Request) -> Iterable[Json]:
    if request.system:
        yield {"role": "system", "content": "\n\n".join(text.text for text in request.system)}
    for message in request.messages:
        yield from _assistant(message) if message.role == "assistant" else _user(message)


def _assistant(message: Message) -> Iterable[Json]:
    for part in message.parts:
        if isinstance(part, Foreign):
            raise _unusable(part)
    text = "".join(part.text for part in message.parts if isinstance(part, Text))
    thinking = [part for part in message.parts if isinstance(part, Thinking)]
    calls = [_tool_call(part) for part in message.parts if isinstance(part, ToolCall)]
    turn: Json = {"role": "assistant", "content": text if text or not calls else None}
    if thinking:
        turn |= thinking_fields(thinking)
    if calls:
        turn["tool_calls"] = calls
    yield turn


def thinking_fields(parts: list[Thinking]) -> Json:
    """The text for readers, and the details a model needs to recognise its own thinking (T11)."""
    text = "".join(part.text for part in parts)
    details = [
        {"type": "reasoning.encrypted", "data": part.redacted}
        if part.redacted is not None
        else {"type": "reasoning.text", "text": part.text, "signature": part.signature}
        for part in parts
    ]
    needs_details = any(part.signature or part.redacted is not None for part in parts)
    return {"reasoning_content": text} | ({"reasoning_details": details} if needs_details else {})


def _user(message: Message) -> Iterable[Json]:
    """Tool results first, then what the person added."""
    results = [part for part in message.parts if isinstance(part, ToolResult)]
    others = [part for part in message.parts if not isinstance(part, ToolResult)]
    for result in results:
        yield {"role": "tool", "tool_call_id": result.call_id, "content": _result_text(result)}
    content = [*(part for result in results for part in _shown(result)), *others]
    if content or not results:
        yield {"role": "user", "content": _content(content)}


def _result_text(result: ToolResult) -> str:
    text = "\n".join(_readable(part) for part in result.content if isinstance(part, Text | Foreign))
    return f"Error: {text}" if result.is_error else text


def _readable(part: Text | Foreign) -> str:
    """Of a piece this format has no name for: what it says, as far as a model can read it (T06a)."""
    return part.text if isinstance(part, Text) else msgspec.json.encode(part.raw).decode()


def _shown(result: ToolResult) -> list[AnyPart]:
    """Results are text here: what can only be looked at follows, under the name of its call (T06)."""
    shown: list[AnyPart] = [part for part in result.content if isinstance(part, Image | Document)]
    return [Text(f"From the tool call {result.call_id}:"), *shown] if shown else []


def _content(parts: Sequence[AnyPart]) -> str | list[Json]:
    if all(isinstance(part, Text) for part in parts):
        texts = [part.text for part in parts if isinstance(part, Text)]
        return texts[0] if len(texts) == 1 else [{"type": "text", "text": text} for text in texts]
    return [_part(part) for part in parts]


def _part(part: AnyPart) -> Json:
    match part:
        case Text():
            return {"type": "text", "text": part.text}
        case Image():
            url = part.url or f"data:{part.media_type};base64,{part.data}"
            detail = {"detail": part.detail} if part.detail else {}
            return {"type": "image_url", "image_url": {"url": url, **detail}}
        case Document():
            return _document(part)
        case Foreign(dialect="openai"):
            return part.raw
        case Foreign():
            raise _unusable(part)
        case Thinking():
            return {"type": "text", "text": part.text}
        case ToolCall() | ToolResult():
            raise TypeError(f"{type(part).__name__} is not a content part")
        case _:
            assert_never(part)


def _unusable(part: Foreign) -> InvalidRequest:
    return InvalidRequest(f"`{part.raw.get('type')}` blocks cannot be used with this model.", "messages")


def _document(document: Document) -> Json:
    """Text is said as text, which every server reads (T08)."""
    name, media_type = document.name or "document", document.media_type or "text/plain"
    text = document.plain_text()
    if text is not None:
        return {"type": "text", "text": f"{name}:\n\n{text}"}
    if document.data is None:
        raise InvalidRequest(
            "Documents by address cannot be used with this model: send their data.", "messages"
        )
    return {
        "type": "file",
        "file": {"filename": name, "file_data": f"data:{media_type};base64,{document.data}"},
    }


def _tool_call(call: ToolCall) -> Json:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _tool(tool: Tool) -> Json:
    function: Json = {"name": tool.name, "parameters": tool.schema}
    if tool.description is not None:
        function["description"] = tool.description
    if tool.strict is not None:
        function["strict"] = tool.strict
    return {"type": "function", "function": function}


def _tool_choice(choice: ToolChoice) -> str | Json:
    if choice.name:
        return {"type": "function", "function": {"name": choice.name}}
    return choice.mode.value
