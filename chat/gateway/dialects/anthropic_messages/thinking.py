"""When a caller of the other format may have the model think, and what the format then insists on."""

from typing import Any

from chat.gateway.request import Request, Thinking, ToolCall

Json = dict[str, Any]

SMALLEST_BUDGET = 1024
# What may not stand beside thinking.
_EXCLUDED = ("temperature", "top_p", "top_k")


def with_thinking(body: Json, request: Request) -> Json:
    """`max_tokens` counts thinking too, so the budget comes on top of what the caller asked for."""
    budget = request.thinking_budget
    if not budget or "thinking" in body or not _is_allowed(body, request):
        return body
    budget = max(SMALLEST_BUDGET, budget)
    kept = {name: value for name, value in body.items() if name not in _EXCLUDED}
    thinking = {"type": "enabled", "budget_tokens": budget}
    return {**kept, "max_tokens": body["max_tokens"] + budget, "thinking": thinking}


def _is_allowed(body: Json, request: Request) -> bool:
    """Neither with a forced tool, nor amid tool calls whose own thinking has been lost on the way."""
    is_forced = body.get("tool_choice", {}).get("type") in ("any", "tool")
    turns = [message.parts for message in request.messages if message.role == "assistant"]
    last = turns[-1] if turns else ()
    calls = any(isinstance(part, ToolCall) for part in last)
    thought = any(isinstance(part, Thinking) and (part.signature or part.redacted) for part in last)
    return not is_forced and (thought or not calls)
