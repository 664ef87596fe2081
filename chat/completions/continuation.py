"""What a request adds to a conversation of which the portal has the history."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import msgspec

from chat.gateway.request import AnyPart, Message, Text, Thinking, ToolCall, ToolResult


@dataclass(frozen=True)
class _Piece:
    """As much as is compared at once: a whole turn of the model, one part of a person's. `key` is equal where
    the same was said; `origin` is the message it is a part of."""

    key: Any
    message: Message
    origin: int


def added(history: Sequence[Message], asked: Sequence[Message]) -> tuple[Message, ...] | None:
    """What is new in `asked`; None where it can be no continuation.

    It continues when it repeats the whole history and says more (or leaves a question of the history to be
    answered), or when nothing in it claims to be an answer of the model.
    """
    told, said = _pieces(history), _pieces(asked)
    repeats = [piece.key for piece in said[: len(told)]] == [piece.key for piece in told]
    rest = said[len(told) :]
    if repeats and (rest or (told and told[-1].message.role == "user")):
        return _messages(rest)
    return tuple(asked) if all(message.role == "user" for message in asked) else None


def _pieces(messages: Sequence[Message]) -> list[_Piece]:
    pieces: list[_Piece] = []
    numbered = enumerate(messages)
    for role, run in groupby(numbered, key=lambda item: item[1].role):
        if role == "assistant":
            turn = list(run)
            parts = tuple(part for _, message in turn for part in message.parts)
            pieces.append(_Piece(_key_of_answer(parts), Message("assistant", parts), turn[0][0]))
        else:
            pieces += [
                _Piece(("user", _key(part)), Message("user", (part,)), number)
                for number, message in run
                for part in message.parts
                if part != Text("")
            ]
    return pieces


def _messages(pieces: Sequence[_Piece]) -> tuple[Message, ...]:
    runs = (list(run) for _, run in groupby(pieces, key=lambda piece: piece.origin))
    return tuple(
        Message(run[0].message.role, tuple(part for piece in run for part in piece.message.parts))
        for run in runs
    )


def _key_of_answer(parts: Sequence[AnyPart]) -> Any:
    """One format has a text, then calls; the other any order. Few callers repeat what was thought."""
    text = "".join(part.text for part in parts if isinstance(part, Text)).strip()
    return "assistant", text, [_key(part) for part in parts if not isinstance(part, Text | Thinking)]


def _key(part: AnyPart) -> Any:
    match part:
        case Text():
            return part.text.strip()
        case ToolCall():
            return part.id, part.name, _json(part.arguments)
        case ToolResult():
            return part.call_id, [_key(inner) for inner in part.content]
        case _:
            return msgspec.json.encode(part)


def _json(text: str) -> Any:
    """Arguments are the same however their JSON is spaced."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
