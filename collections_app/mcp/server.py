"""The Model Context Protocol, as its own SDK speaks it. Imported on the first call: it takes a second and
40 MB that a portal without agents does not need.

Every call stands alone (no session), so any process may answer it, and is answered in one piece of JSON.
"""

import logging
from typing import Any
from uuid import UUID

import msgspec
from django.db import DatabaseError, InterfaceError
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)

from accounts.access import get_user_of_models
from collections_app.mcp import tools
from portal.database import in_database
from portal.web.errors import ApiError

log = logging.getLogger(__name__)

# Of what the tools take and give.
_VERSION = "1"
_INSTRUCTIONS = (
    "The stuff that a person keeps in LLM Portal: code, notes, prompts and links, in collections. "
    "Search it before you answer what they may have kept, and save what they will want to find again."
)
_TOOLS = [
    Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tools.schema_of(tool.takes),
        output_schema=tools.schema_of(tool.gives),
        annotations=ToolAnnotations(
            read_only_hint=tool.is_read_only,
            destructive_hint=False,
            idempotent_hint=tool.is_read_only,
            open_world_hint=False,
        ),
    )
    for tool in tools.TOOLS.values()
]


async def serve(user_id: UUID, scope: dict[str, Any], receive: Any, send: Any) -> None:
    """One call of this person's, whom somebody has let in."""
    manager = StreamableHTTPSessionManager(_server, json_response=True, stateless=True)
    async with manager.run():
        await manager.handle_request({**scope, "user_id": user_id}, receive, send)


async def _list_tools(context: Any, params: PaginatedRequestParams | None) -> ListToolsResult:
    return ListToolsResult(tools=_TOOLS)


async def _call_tool(context: Any, params: CallToolRequestParams) -> CallToolResult:
    """What went wrong is told in the result, so that the model reads it and does better."""
    if params.name not in tools.TOOLS:
        raise MCPError(INVALID_PARAMS, f"There is no tool {params.name[:100]!r}.")
    user_id = context.request.scope["user_id"]
    try:
        result = await in_database(_use, params.name, user_id, params.arguments or {})
    except ApiError as error:
        return _failed(str(error))
    except (DatabaseError, InterfaceError):
        log.warning("%s failed: the database does not answer.", params.name, exc_info=True)
        return _failed("The portal's database does not answer. Try again soon.")
    except Exception:
        log.exception("%s failed.", params.name)
        return _failed("The portal failed.")
    text = msgspec.json.encode(result).decode()
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=msgspec.to_builtins(result)
    )


def _use(name: str, user_id: UUID, arguments: dict[str, Any]) -> tools.Result:
    return tools.use(name, get_user_of_models(user_id), arguments)


def _failed(message: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=message)], is_error=True)


_server: Server[Any] = Server(
    "llm-portal",
    version=_VERSION,
    title="LLM Portal",
    instructions=_INSTRUCTIONS,
    on_list_tools=_list_tools,
    on_call_tool=_call_tool,
)
