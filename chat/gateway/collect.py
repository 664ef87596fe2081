"""Events → the whole answer. Used for answers sent whole, stored messages and settlement."""

from collections import defaultdict
from collections.abc import Iterable
from io import StringIO
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

    Of an answer that passes as it is, only what the model said is kept, as text.
    """

    def __init__(self) -> None:
        self._closed: list[AnswerPart] = []
        self._open: ev.TextStart | ev.ThinkingStart | ev.ToolCallStart | None = None
        self._pieces: list[str] = []
        self._signature: str | None = None
        self._citations: list[ev.Citation] = []
        self.told: ev.Usage | None = None
        self.usage: ev.Usage | None = None
        self.finish: ev.Finish | None = None
        # Buffers: a list would keep a string for every token.
        self._passed = StringIO()
        self._beside: defaultdict[int, StringIO] = defaultdict(StringIO)

    def add(self, event: ev.Event) -> None:
        match event:
            case ev.Wire():
                self._add_wire(event)
            case ev.Start():
                self.told = event.told
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
        if wire.said:
            self._passed.write(wire.said)
        if wire.beside:
            for number, text in wire.beside.items():
                self._beside[number].write(text)
        self.told = wire.told or self.told
        self.usage = wire.usage or self.usage
        self.finish = wire.finish or self.finish

    @property
    def answer(self) -> Answer:
        return Answer([*self._closed, *self._open_part()], self.usage, self.finish, [*self._citations])

    @property
    def said(self) -> str:
        """All that the model said, as text: also what it thought, and which tools it called with what."""
        beside = [text.getvalue() for _, text in sorted(self._beside.items())]
        return "".join([self._passed.getvalue(), *beside, *map(part_text, self.answer.parts)])

    @property
    def characters(self) -> int:
        """As many as `said` has, without joining it."""
        passed = self._passed.tell() + sum(text.tell() for text in [*self._beside.values()])
        return passed + sum(len(part_text(part)) for part in self.answer.parts)

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


def part_text(part: AnswerPart) -> str:
    return part.name + part.arguments if isinstance(part, ToolCall) else part.text


def collect(events: Iterable[ev.Event]) -> Answer:
    collector = Collector()
    for event in events:
        collector.add(event)
    return collector.answer
