"""Canonical request → Anthropic request, for an upstream."""

import re
from typing import Any, assert_never

import msgspec

from chat.gateway.dialects.anthropic_messages import answer_tool
from chat.gateway.dialects.anthropic_messages.thinking import with_thinking
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
    ToolMode,
    ToolResult,
)

Json = dict[str, Any]

# What callers of the other format may ask and this one cannot do: without it the answer would be another
# one, so it is refused (O03). The value is what asks for nothing.
_UNTRANSLATABLE: Json = {
    "n": 1,
    "logprobs": False,
    "top_logprobs": 0,
    "logit_bias": {},
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "audio": None,
    "tool_choice": None,
}
# The format insists on a limit; callers of the other one may leave it to the model.
DEFAULT_MAX_TOKENS = 4096
_VALID_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MAPPED = "portal_"
_MODES = {ToolMode.AUTO: "auto", ToolMode.REQUIRED: "any", ToolMode.NONE: "none"}


def encode_request(request: Request, model: str) -> Json:
    """`model` is the upstream's own name for it."""
    _refuse_untranslatable(request)
    sampling = request.sampling
    fields: Json = {
        "max_tokens": sampling.max_tokens or DEFAULT_MAX_TOKENS,
        "system": [{"type": "text", "text": part.text} for part in request.system] or None,
        "tools": [*map(_tool, request.tools), *request.foreign_tools, *answer_tool.tool(request)] or None,
        "tool_choice": _tool_choice(request),
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "stop_sequences": list(sampling.stop) or None,
        "stream": True if request.stream else None,
    }
    given = {name: value for name, value in fields.items() if value is not None}
    messages = [_message(message) for message in request.messages]
    body = {**request.extra_for("anthropic"), **given, "model": model, "messages": messages}
    return with_thinking(body, request)


def _refuse_untranslatable(request: Request) -> None:
    if request.foreign_tools and request.dialect != "anthropic":
        kind = request.foreign_tools[0].get("type")
        raise InvalidRequest(f"The tool type `{kind}` cannot be used with this model.", "tools")
    for name, harmless in _UNTRANSLATABLE.items():
        if request.extra_for("openai").get(name) not in (None, harmless):
            raise InvalidRequest(f"`{name}` cannot be used with this model.", param=name)


def _message(message: Message) -> Json:
    blocks = [block for part in message.parts for block in _blocks(part)]
    if not blocks:
        # The format has no empty messages (T15).
        return {"role": message.role, "content": "(no content)"}
    if len(blocks) == 1 and blocks[0]["type"] == "text":
        return {"role": message.role, "content": blocks[0]["text"]}
    return {"role": message.role, "content": blocks}


def _blocks(part: AnyPart) -> list[Json]:
    match part:
        case Text():
            # The format refuses text blocks with nothing to see in them.
            return [{"type": "text", "text": part.text}] if part.text.strip() else []
        case Thinking():
            return _thinking(part)
        case ToolCall():
            call = {"id": tool_id(part.id), "name": part.name, "input": _input(part)}
            return [{"type": "tool_use", **call}]
        case ToolResult():
            return [_result(part)]
        case Image():
            return [{"type": "image", "source": _source(part.media_type or "image/png", part.data, part.url)}]
        case Document():
            return [_document(part)]
        case Foreign(dialect="anthropic"):
            return [part.raw]
        case Foreign():
            kind = part.raw.get("type")
            raise InvalidRequest(f"`{kind}` parts cannot be used with this model.", "messages")
        case _:
            assert_never(part)


def _thinking(part: Thinking) -> list[Json]:
    """Thinking without its signature cannot be shown to be the model's own: it is left out."""
    if part.redacted is not None:
        return [{"type": "redacted_thinking", "data": part.redacted}]
    if part.signature:
        return [{"type": "thinking", "thinking": part.text, "signature": part.signature}]
    return []


def _result(part: ToolResult) -> Json:
    content: str | list[Json]
    match part.content:
        case ():
            content = ""
        case (Text(text=text),):
            content = text
        case _:
            content = [block for inner in part.content for block in _blocks(inner)]
    result: Json = {"type": "tool_result", "tool_use_id": tool_id(part.call_id), "content": content}
    return result | ({"is_error": True} if part.is_error else {})


def _source(media_type: str, data: str | None, url: str | None) -> Json:
    if url is not None:
        return {"type": "url", "url": url}
    return {"type": "base64", "media_type": media_type, "data": data or ""}


def _document(part: Document) -> Json:
    title = {"title": part.name} if part.name else {}
    media_type = part.media_type or "text/plain"
    text = part.plain_text()
    if text is not None:
        source: Json = {"type": "text", "media_type": "text/plain", "data": text}
    else:
        source = _source(media_type, part.data, part.url)
    return {"type": "document", "source": source, **title}


def tool_id(call_id: str) -> str:
    """Ids of any shape in the one the format takes (A13), each its own."""
    if _VALID_ID.fullmatch(call_id) and not call_id.startswith(_MAPPED):
        return call_id
    return _MAPPED + call_id.encode().hex()


def _input(call: ToolCall) -> Any:
    try:
        value = msgspec.json.decode(call.arguments or "{}")
    except msgspec.DecodeError:
        value = None
    if not isinstance(value, dict):
        raise InvalidRequest(f"The arguments of the tool call `{call.id}` are not a JSON object.", "messages")
    return value


def _tool(tool: Tool) -> Json:
    optional = {"description": tool.description, "strict": tool.strict}
    given = {name: value for name, value in optional.items() if value is not None}
    return {"name": tool.name, **given, "input_schema": tool.schema}


def _tool_choice(request: Request) -> Json | None:
    if request.output_format is not None:
        return {"type": "any"} if request.tools else {"type": "tool", "name": answer_tool.NAME}
    choice, parallel = request.tool_choice, request.parallel_tool_calls
    if choice is None and (parallel is None or not request.tools):
        return None
    wire: Json = {"type": _MODES[choice.mode if choice else ToolMode.AUTO]}
    if choice and choice.name:
        wire = {"type": "tool", "name": choice.name}
    if parallel is not None and wire["type"] != "none":
        wire["disable_parallel_tool_use"] = not parallel
    return wire
