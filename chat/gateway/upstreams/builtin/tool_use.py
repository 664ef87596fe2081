"""When the built-in model calls a tool, and with what."""

import hashlib
import re
from typing import Any

import msgspec

from chat.gateway.request import Request, Text, Tool, ToolCall, ToolMode, ToolResult
from chat.gateway.upstreams.builtin.json_schema import Words, instance

_WORD = re.compile(r"[a-z]{3,}")
_COMMON = frozenset(
    [
        "the",
        "and",
        "for",
        "get",
        "set",
        "with",
        "from",
        "into",
        "given",
        "what",
        "current",
        "this",
        "that",
        "tool",
        "function",
        "call",
        "use",
    ]
)
_SEVERAL = re.compile(r",? and (?:in |for |at )?(?=[A-Z])")
_MAX_CALLS = 16


def last_user_text(request: Request) -> str:
    for message in reversed(request.messages):
        if message.role == "user":
            return " ".join(part.text for part in message.parts if isinstance(part, Text))
    return ""


def last_results(request: Request) -> list[ToolResult]:
    parts = request.messages[-1].parts if request.messages else ()
    return [part for part in parts if isinstance(part, ToolResult)]


def calls_for(request: Request) -> list[ToolCall]:
    """Empty when no tool is to be called."""
    tool = _chosen(request)
    if tool is None:
        return []
    said = last_user_text(request)
    arguments = [_encoded(instance(tool.schema, Words(text))) for text in _several(request, said)]
    return [ToolCall(_call_id(request, n), tool.name, text) for n, text in enumerate(arguments)]


def _chosen(request: Request) -> Tool | None:
    choice = request.tool_choice
    mode = choice.mode if choice else ToolMode.AUTO
    if not request.tools or mode is ToolMode.NONE:
        return None
    if choice and choice.name:
        return next((tool for tool in request.tools if tool.name == choice.name), None)
    said = set(_WORD.findall(last_user_text(request).lower())) - _COMMON
    best = max(request.tools, key=lambda tool: len(said & _vocabulary(tool)))
    if mode is ToolMode.REQUIRED:
        return best
    is_wanted = bool(said & _vocabulary(best)) and not last_results(request)
    return best if is_wanted else None


def _vocabulary(tool: Tool) -> set[str]:
    text = f"{tool.name.replace('_', ' ')} {tool.description or ''}".lower()
    return set(_WORD.findall(text)) - _COMMON


def _several(request: Request, said: str) -> list[str]:
    """One text for each thing the person named: "in Athens and in Paris" asks twice."""
    if request.parallel_tool_calls is False:
        return [said]
    first, *more = _SEVERAL.split(said, _MAX_CALLS - 1)
    return [first, *(f"for {text}" for text in more)]


def _encoded(value: Any) -> str:
    return msgspec.json.encode(value if isinstance(value, dict) else {}).decode()


def _call_id(request: Request, number: int) -> str:
    """The same conversation gets the same ids, so that answers can be compared."""
    seen = msgspec.json.encode((request.messages, number))
    return "call_" + hashlib.sha256(seen).hexdigest()[:24]
