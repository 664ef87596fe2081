"""Blocks and tools that work on the format's own servers only (conformance A03, A04, T06a).

They are set apart before the rest is validated: an upstream that speaks the format gets them as they came.
"""

from typing import Any

from chat.gateway.errors import InvalidRequest

Json = dict[str, Any]

_READ = frozenset(["text", "image", "document", "thinking", "redacted_thinking", "tool_use", "tool_result"])
_READ_IN_RESULTS = frozenset(["text", "image", "document"])
_ON_SERVERS = frozenset(["server_tool_use", "mcp_tool_use", "container_upload", "search_result"])


def framed(raw: Json) -> Json:
    """The request with such blocks as `{"type": "foreign", "raw": block}`."""
    messages = raw.get("messages")
    if not isinstance(messages, list):
        return raw
    return {**raw, "messages": [_message(message, number) for number, message in enumerate(messages)]}


def split_tools(raw: Json) -> tuple[Json, tuple[Json, ...]]:
    """The request without tools that run on a server, and those tools."""
    tools = raw.get("tools")
    if not isinstance(tools, list):
        return raw, ()
    foreign = [tool for tool in tools if _is_server_tool(tool)]
    own = [tool for tool in tools if not _is_server_tool(tool)] if foreign else tools
    return {**raw, "tools": own}, tuple(foreign)


def _is_server_tool(tool: Any) -> bool:
    return isinstance(tool, dict) and "input_schema" not in tool and tool.get("type", "custom") != "custom"


def _message(message: Any, number: int) -> Any:
    content = message.get("content") if isinstance(message, dict) else None
    if not isinstance(content, list):
        return message
    path = f"messages[{number}].content"
    return {**message, "content": [_block(block, f"{path}[{at}]") for at, block in enumerate(content)]}


def _block(block: Any, path: str) -> Any:
    if not isinstance(block, dict):
        return block
    kind = str(block.get("type"))
    if kind == "tool_result" and isinstance(block.get("content"), list):
        return {**block, "content": [_in_result(inner) for inner in block["content"]]}
    if kind in _READ:
        return _frame(block) if _is_stored(block) else block
    if kind in _ON_SERVERS or kind.endswith("_tool_result"):
        return _frame(block)
    raise InvalidRequest(f"{path}.type: there are no `{kind}` blocks.", f"{path}.type")


def _in_result(block: Any) -> Any:
    if not isinstance(block, dict) or (str(block.get("type")) in _READ_IN_RESULTS and not _is_stored(block)):
        return block
    return _frame(block)


def _is_stored(block: Json) -> bool:
    """Its data lie on the server already."""
    source = block.get("source")
    return isinstance(source, dict) and source.get("type") == "file"


def _frame(block: Json) -> Json:
    return {"type": "foreign", "raw": block}
