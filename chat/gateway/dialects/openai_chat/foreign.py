"""What only servers of this format know what to do with: sound, custom tools, choices among some tools.

It is set apart before the rest is validated; a server that speaks the format gets it as it came.
"""

from typing import Any

Json = dict[str, Any]

_PARTS = frozenset(["input_audio"])
_CHOICES = frozenset(["custom", "allowed_tools"])


def split(raw: Json) -> tuple[Json, tuple[Json, ...], Json]:
    """The request without such tools and choices, those tools, and the choice as a field (or none)."""
    tools, choice, messages = raw.get("tools"), raw.get("tool_choice"), raw.get("messages")
    body, foreign = {**raw}, []
    if isinstance(messages, list):
        body["messages"] = list(map(_message, messages))
    if isinstance(tools, list):
        foreign = [tool for tool in tools if _is_foreign(tool)]
        body["tools"] = [tool for tool in tools if not _is_foreign(tool)]
    if isinstance(choice, dict) and str(choice.get("type")) in _CHOICES:
        del body["tool_choice"]
        return body, tuple(foreign), {"tool_choice": choice}
    return body, tuple(foreign), {}


def _is_foreign(tool: Any) -> bool:
    return isinstance(tool, dict) and tool.get("type") == "custom"


def _message(message: Any) -> Any:
    content = message.get("content") if isinstance(message, dict) else None
    if not isinstance(content, list) or not any(map(_is_apart, content)):
        return message
    framed = [{"type": "foreign", "raw": part} if _is_apart(part) else part for part in content]
    return {**message, "content": framed}


def _is_apart(part: Any) -> bool:
    return isinstance(part, dict) and str(part.get("type")) in _PARTS
