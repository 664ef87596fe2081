"""Events → the whole answer. Used for answers sent whole, stored messages and settlement."""

from collections.abc import Iterable
from typing import assert_never

import msgspec

from chat.gateway import events as ev
from chat.gateway.request import Text, Thinking, ToolCall

AnswerPart = Text | Thinking | ToolCall


class Answer(msgspec.Struct):
    """What a model said, complete or as far as it came."""

    parts: list[AnswerPart]
    usage: ev.Usage | None = None
    finish: ev.Finish | None = None
    citations: list[ev.Citation] = []

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def tool_calls(self) -> list[ToolCall]:
        return [part for part in self.parts if isinstance(part, ToolCall)]


class Collector:
    """Folds events into an `Answer`; text is joined once, when the answer is asked for.

    Of an answer that passes as it is, only the count of its `characters` is kept.
    """

    def __init__(self) -> None:
        self._closed: list[AnswerPart] = []
        self._open: ev.TextStart | ev.ThinkingStart | ev.ToolCallStart | None = None
        self._pieces: list[str] = []
        self._signature: str | None = None
        self._citations: list[ev.Citation] = []
        self.usage: ev.Usage | None = None
        self.finish: ev.Finish | None = None
        self.input_tokens: int | None = None
        self.characters = 0

    def add(self, event: ev.Event) -> None:
        match event:
            case ev.Wire():
                self._add_wire(event)
            case ev.Start():
                self.input_tokens = event.input_tokens
            case ev.TextStart() | ev.ThinkingStart() | ev.ToolCallStart():
                self._open = event
            case ev.TextDelta(text=said) | ev.ArgumentsDelta(json=said):
                self._pieces.append(said)
            case ev.ThinkingDelta():
                self._pieces.append(event.text)
                self._signature = event.signature or self._signature
            case ev.Citation():
                self._citations.append(event)
            case ev.PartStop():
                # In this order: who reads meanwhile in another thread misses it for a moment, and never
                # finds it twice.
                closed = list(self._open_part())
                self._open, self._pieces, self._signature = None, [], None
                self._closed.extend(closed)
            case ev.Usage():
                self.usage = event
            case ev.Finish():
                self.finish = event
            case _:
                assert_never(event)

    def _add_wire(self, wire: ev.Wire) -> None:
        self.characters += wire.characters
        self.usage = wire.usage or self.usage
        self.finish = wire.finish or self.finish

    @property
    def answer(self) -> Answer:
        return Answer([*self._closed, *self._open_part()], self.usage, self.finish, [*self._citations])

    def _open_part(self) -> Iterable[AnswerPart]:
        said = "".join(self._pieces)
        match self._open:
            case None:
                return []
            case ev.TextStart():
                return [Text(said)]
            case ev.ThinkingStart(redacted=redacted):
                return [Thinking(said, self._signature, redacted)]
            case ev.ToolCallStart(id=call_id, name=name):
                return [ToolCall(call_id, name, said or "{}")]
            case _ as never:
                assert_never(never)


def collect(events: Iterable[ev.Event]) -> Answer:
    collector = Collector()
    for event in events:
        collector.add(event)
    return collector.answer
