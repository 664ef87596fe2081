"""Turns that are only read: on the shared page, and on paper."""

from collections.abc import Sequence
from typing import Any

from portal.rendering.markdown import render


def readable(turns: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each has `role`, `text`, `model` and `files`; answers get their `html`."""
    return [{**turn, "html": render(turn["text"]) if turn["role"] == "assistant" else ""} for turn in turns]
