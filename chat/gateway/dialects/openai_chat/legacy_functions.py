"""The format's first way to call tools (`functions`, `function_call`), told in its present one (O04)."""

from typing import Any

Json = dict[str, Any]


def is_legacy(raw: Json) -> bool:
    return isinstance(raw.get("functions"), list) or "function_call" in raw


def upgraded(raw: Json) -> Json:
    """The same request with `tools` and ids. A function's result belongs to the call before it."""
    body = {name: value for name, value in raw.items() if name not in ("functions", "function_call")}
    if isinstance(raw.get("functions"), list):
        body["tools"] = [{"type": "function", "function": function} for function in raw["functions"]]
        # It knows one call at a time.
        body["parallel_tool_calls"] = False
    choice = raw.get("function_call")
    if choice is not None:
        body["tool_choice"] = {"type": "function", "function": choice} if isinstance(choice, dict) else choice
    messages = raw.get("messages")
    if isinstance(messages, list):
        body["messages"] = _messages(messages)
    return body


def _messages(messages: list[Any]) -> list[Any]:
    upgraded, calls = [], 0
    for message in messages:
        if isinstance(message, dict) and isinstance(message.get("function_call"), dict):
            calls += 1
            call = {"id": f"function_{calls}", "type": "function", "function": message["function_call"]}
            rest = {name: value for name, value in message.items() if name != "function_call"}
            upgraded.append({**rest, "tool_calls": [call]})
        elif isinstance(message, dict) and message.get("role") == "function":
            result = {"tool_call_id": f"function_{calls}", "content": message.get("content")}
            upgraded.append({"role": "tool", **result})
        else:
            upgraded.append(message)
    return upgraded


def downgraded(choice: Json, place: str) -> Json:
    """A choice of an answer (`place` is "message") or of a chunk ("delta") as the caller knows it."""
    said = {**choice[place]}
    calls = said.pop("tool_calls", None)
    if calls:
        said["function_call"] = calls[0]["function"]
    reason = choice["finish_reason"]
    return {
        **choice,
        place: said,
        "finish_reason": "function_call" if reason == "tool_calls" else reason,
    }
