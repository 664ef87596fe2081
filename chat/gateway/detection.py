"""Which format a caller speaks (conformance D01–D13)."""

from collections.abc import Iterable, Mapping
from typing import Any

from chat.gateway.dialects import CallerDialect, anthropic_messages, openai_chat
from chat.gateway.errors import InvalidRequest

DIALECTS: dict[str, CallerDialect] = {dialect.NAME: dialect for dialect in (openai_chat, anthropic_messages)}

_OPENAI_FIELDS = frozenset(
    [
        "stop",
        "n",
        "logprobs",
        "response_format",
        "stream_options",
        "max_completion_tokens",
        "frequency_penalty",
        "presence_penalty",
        "seed",
        "functions",
    ]
)
_ANTHROPIC_BLOCKS = frozenset(["tool_use", "tool_result", "thinking", "redacted_thinking", "document"])
_OPENAI_BLOCKS = frozenset(["image_url", "input_audio", "file"])
_OPENAI_ROLES = frozenset(["system", "developer", "tool", "function"])


def stated(path: str, headers: Mapping[str, str]) -> CallerDialect | None:
    """The format the address or a header says, before the body is read (D01, D02, D11, D13)."""
    if path.rstrip("/").endswith(("/messages", "/messages/count_tokens")):
        return anthropic_messages
    explicit = headers.get("x-portal-format", "").lower()
    if explicit in DIALECTS:
        return DIALECTS[explicit]
    return anthropic_messages if "anthropic-version" in headers else None


def detect(path: str, headers: Mapping[str, str], raw: Mapping[str, Any]) -> CallerDialect:
    """Raises `InvalidRequest` when the body argues for both formats (D09)."""
    known = stated(path, headers)
    if known is not None:
        return known
    if "system" in raw:
        return anthropic_messages
    evidence = {dialect: field for dialect, field in _evidence(raw)}
    if len(evidence) == 2:
        fields = " and ".join(f"`{field}`" for field in evidence.values())
        raise InvalidRequest(f"{fields} belong to different formats: use one of them.")
    return DIALECTS[next(iter(evidence), openai_chat.NAME)]


def require_fields(path: str, raw: Mapping[str, Any]) -> None:
    """On its own address Anthropic's format asks for what it leaves open on the shared one (A01)."""
    if path.rstrip("/").endswith("/messages") and raw.get("max_tokens") is None:
        raise InvalidRequest("max_tokens: Field required", param="max_tokens")


def _evidence(raw: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Pairs of format and the field that speaks for it."""
    yield from _from_tools(raw.get("tools"))
    yield from _from_tool_choice(raw.get("tool_choice"))
    yield from _from_messages(raw.get("messages"))
    yield from _from_fields(raw)


def _objects(value: Any) -> Iterable[tuple[int, dict[str, Any]]]:
    if isinstance(value, list):
        yield from ((index, item) for index, item in enumerate(value) if isinstance(item, dict))


def _is_one(word: Any, words: frozenset[str]) -> bool:
    """Whatever `word` may be: nothing is validated yet."""
    return isinstance(word, str) and word in words


def _from_tools(tools: Any) -> Iterable[tuple[str, str]]:
    for index, tool in _objects(tools):
        if "input_schema" in tool and "function" not in tool:
            yield anthropic_messages.NAME, f"tools[{index}].input_schema"
        elif tool.get("type") == "function" and "function" in tool:
            yield openai_chat.NAME, f"tools[{index}].function"


def _from_tool_choice(choice: Any) -> Iterable[tuple[str, str]]:
    if isinstance(choice, str):
        yield openai_chat.NAME, "tool_choice"
    elif isinstance(choice, dict):
        kind = choice.get("type")
        if kind == "function":
            yield openai_chat.NAME, "tool_choice"
        elif kind in ("auto", "any", "tool", "none"):
            yield anthropic_messages.NAME, "tool_choice"


def _from_messages(messages: Any) -> Iterable[tuple[str, str]]:
    for index, message in _objects(messages):
        if _is_one(message.get("role"), _OPENAI_ROLES):
            yield openai_chat.NAME, f"messages[{index}].role"
        if "tool_calls" in message:
            yield openai_chat.NAME, f"messages[{index}].tool_calls"
        for at, block in _objects(message.get("content")):
            yield from _from_block(f"messages[{index}].content[{at}]", block)


def _from_block(path: str, block: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    kind = block.get("type")
    if _is_one(kind, _ANTHROPIC_BLOCKS) or (kind == "image" and "source" in block):
        yield anthropic_messages.NAME, path
    elif _is_one(kind, _OPENAI_BLOCKS):
        yield openai_chat.NAME, path


def _from_fields(raw: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    if _OPENAI_FIELDS & raw.keys():
        return
    metadata = raw.get("metadata")
    if "stop_sequences" in raw or "thinking" in raw:
        yield anthropic_messages.NAME, "stop_sequences" if "stop_sequences" in raw else "thinking"
    elif "top_k" in raw and "max_tokens" in raw:
        yield anthropic_messages.NAME, "top_k"
    elif isinstance(metadata, dict) and "user_id" in metadata:
        yield anthropic_messages.NAME, "metadata.user_id"
