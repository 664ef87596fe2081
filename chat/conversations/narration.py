"""An answer that grows, told as events that add up to it."""

import time
from typing import Any

from chat.conversations.sources import answer_with_notes, with_notes
from chat.gateway.collect import Answer
from chat.gateway.request import Thinking
from chat.models import Message
from portal.rendering.markdown import BlockStream, render_blocks

Event = dict[str, Any]


class Narrator:
    """Told the whole answer so far, again and again; says what is new of it.

    `thought_ms` is how long it was thought about before the first word, as far as this shows.
    """

    def __init__(self) -> None:
        self._blocks = BlockStream()
        self._told_thoughts = 0
        self._began_thinking: float | None = None
        self.thought_ms: int | None = None

    def tell(self, answer: Answer) -> list[Event]:
        text, thoughts = text_of(answer), thoughts_of(answer)
        self._time(bool(thoughts), bool(text))
        return [*self._thinking(thoughts), *map(_block, self._blocks.update(text))]

    def end(self, answer: Answer) -> list[Event]:
        """With its sources, which a server may tell last."""
        told = answer_with_notes(answer, text_of(answer))
        return [*self.tell(answer), *map(_block, self._blocks.finish(told))]

    def forget(self) -> None:
        """All of it will be told again."""
        self._blocks = BlockStream()
        self._told_thoughts = 0

    def _time(self, has_thought: bool, has_spoken: bool) -> None:
        if has_thought and self._began_thinking is None:
            self._began_thinking = time.monotonic()
        if has_spoken and self._began_thinking is not None and self.thought_ms is None:
            self.thought_ms = round((time.monotonic() - self._began_thinking) * 1000)

    def _thinking(self, thoughts: str) -> list[Event]:
        new = thoughts[self._told_thoughts :]
        self._told_thoughts = len(thoughts)
        return [{"type": "thinking", "text": new}] if new else []


def stored_events(answer: Message) -> list[Event]:
    """All of an answer that has ended, for whoever comes when its log is gone."""
    blocks = map(_block, enumerate(render_blocks(with_notes(answer.text, answer.citations))))
    return [
        {"type": "start"},
        *blocks,
        {"type": "finish", "status": answer.status, "error": answer.error or None},
    ]


def _block(block: tuple[int, str]) -> Event:
    index, html = block
    return {"type": "block", "index": index, "html": html}


def text_of(answer: Answer) -> str:
    """NUL, which PostgreSQL cannot store, is dropped."""
    return answer.text.replace("\x00", "")


def thoughts_of(answer: Answer) -> str:
    """What was thought, one thought a paragraph."""
    return "\n\n".join(part.text for part in answer.parts if isinstance(part, Thinking) and part.text)
