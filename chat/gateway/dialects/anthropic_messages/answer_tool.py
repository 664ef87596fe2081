"""Structured output for models without a field for it: a forced tool whose input is the answer (T13).

The caller never sees the tool: its call is read as text.
"""

from typing import Any

from chat.gateway import events as ev
from chat.gateway.request import Request

NAME = "portal_structured_answer"


def tool(request: Request) -> list[dict[str, Any]]:
    wanted = request.output_format
    if wanted is None:
        return []
    schema = wanted.schema or {"type": "object"}
    description = "Gives the answer. Always use this tool to answer."
    return [{"name": NAME, "description": description, "input_schema": schema}]


class AnswerTool:
    """Turns the call's events into those of a text; everything else stays as it is."""

    def __init__(self, request: Request) -> None:
        self._is_used = request.output_format is not None
        self._is_inside = False
        self._was_called = False

    def read(self, event: ev.Event) -> ev.Event:
        if not self._is_used:
            return event
        match event:
            case ev.ToolCallStart(name=name) if name == NAME:
                self._is_inside = self._was_called = True
                return ev.TextStart()
            case ev.ArgumentsDelta() if self._is_inside:
                return ev.TextDelta(event.json)
            case ev.PartStop():
                self._is_inside = False
            case ev.Finish(reason=ev.StopReason.TOOL_CALLS) if self._was_called:
                return ev.Finish(ev.StopReason.END)
        return event
