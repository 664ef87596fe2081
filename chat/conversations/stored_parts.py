"""Canonical parts as a message's row has them: plain text as `text` alone, anything more beside it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from chat.conversations.sources import stored_citations
from chat.gateway.collect import Answer
from chat.gateway.request import AnyPart, Message, Text, Thinking, ToolCall
from chat.models import Attachment
from chat.models import Message as StoredMessage

Columns = dict[str, Any]


def columns_of(parts: Sequence[AnyPart], *, between: str = "") -> Columns:
    """`between` stands between two texts where people read them. NUL, which PostgreSQL cannot store, is
    dropped."""
    told = without_nul(msgspec.to_builtins(list(parts)))
    text = between.join(part["text"] for part in told if part["type"] == "text")
    is_plain = len(told) == 1 and told[0]["type"] == "text"
    return {"text": text, "parts": None if is_plain or not told else told}


def columns_of_answer(answer: Answer, *, is_whole: bool) -> Columns:
    """A call that broke off has half its arguments: no model could go on from it."""
    parts = [part for part in answer.parts if is_whole or not isinstance(part, ToolCall)]
    return {**columns_of(parts), "citations": stored_citations(answer)}


def told_with_files(
    model: str | None, rows: Iterable[StoredMessage], files: Mapping[UUID, list[Attachment]]
) -> list[tuple[Message, list[Attachment]]]:
    """Each message with its own of `files`. What was thought goes back to the `model` that thought it, and to
    no other: none could read it."""
    messages = []
    for row in rows:
        is_own = row.model == model
        parts = tuple(part for part in parts_of(row) if is_own or not isinstance(part, Thinking))
        # Formats have no files in answers.
        belonging = files.get(row.pk, []) if row.role == "user" else []
        if parts or belonging:
            messages.append((Message("assistant" if row.role == "assistant" else "user", parts), belonging))
    return messages


def parts_of(message: StoredMessage) -> tuple[AnyPart, ...]:
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
