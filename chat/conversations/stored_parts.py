"""Canonical parts as a message's row has them: plain text as `text` alone, anything more beside it."""

from collections.abc import Sequence
from typing import Any

import msgspec

from chat.gateway.request import AnyPart, Text
from chat.models import Message

Columns = dict[str, Any]


def columns_of(parts: Sequence[AnyPart], *, between: str = "") -> Columns:
    """`between` stands between two texts where people read them. NUL, which PostgreSQL cannot store, is
    dropped."""
    told = without_nul(msgspec.to_builtins(list(parts)))
    text = between.join(part["text"] for part in told if part["type"] == "text")
    is_plain = len(told) == 1 and told[0]["type"] == "text"
    return {"text": text, "parts": None if is_plain or not told else told}


def parts_of(message: Message) -> tuple[AnyPart, ...]:
    if message.parts is None:
        return (Text(message.text),) if message.text else ()
    return msgspec.convert(message.parts, tuple[AnyPart, ...])


def without_nul(told: Any) -> Any:
    match told:
        case str():
            return told.replace("\x00", "")
        case dict():
            return {without_nul(name): without_nul(value) for name, value in told.items()}
        case list() | tuple():
            return [without_nul(value) for value in told]
        case _:
            return told
