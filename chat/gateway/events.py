"""The canonical answer: a model's output as a flow of events.

A well-formed flow is `Start (PartStart delta* PartStop)* Usage? Finish`, parts one after another;
`Usage` may also follow `Finish`, because some servers count last.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

# No call comes near it; and three of them fit into one column of the ledger.
MOST_TOKENS = 500_000_000


class StopReason(StrEnum):
    END = "end"
    LENGTH = "length"
    STOP_SEQUENCE = "stop_sequence"
    TOOL_CALLS = "tool_calls"
    REFUSAL = "refusal"


class Usage(msgspec.Struct, frozen=True, tag="usage"):
    """Tokens, and the images that were made. `input` includes `cached` and `cache_written`; `output` includes
    `reasoning`."""

    input: int = 0
    output: int = 0
    cached: int = 0
    reasoning: int = 0
    cache_written: int = 0
    images: int = 0


class Start(msgspec.Struct, frozen=True, tag="start"):
    """The upstream has begun. `told` is what it says was used so far: what went in is final, what came out is
    not."""

    told: Usage | None = None


class TextStart(msgspec.Struct, frozen=True, tag="text_start"):
    pass


class ThinkingStart(msgspec.Struct, frozen=True, tag="thinking_start"):
    """`redacted` holds encrypted thinking; then no text follows."""

    redacted: str | None = None


class ToolCallStart(msgspec.Struct, frozen=True, tag="tool_call_start"):
    id: str
    name: str


class TextDelta(msgspec.Struct, frozen=True, tag="text_delta"):
    text: str


class ThinkingDelta(msgspec.Struct, frozen=True, tag="thinking_delta"):
    text: str = ""
    signature: str | None = None


class ArgumentsDelta(msgspec.Struct, frozen=True, tag="arguments_delta"):
    json: str


class Citation(msgspec.Struct, frozen=True, tag="citation", omit_defaults=True):
    """Where words of the text part that is open come from: an address, or a document by its `title`, of which
    `quote` is what was used.

    The words are the characters from `start` on and before `end` of all the answer's text; None: nobody said.
    `raw` is the citation as a server of `dialect` told it.
    """

    url: str | None = None
    title: str | None = None
    quote: str | None = None
    page: int | None = None
    start: int | None = None
    end: int | None = None
    raw: dict[str, Any] = {}
    dialect: str = ""


class PartStop(msgspec.Struct, frozen=True, tag="part_stop"):
    pass


def tokens(said: Any) -> int:
    """A model server's count, or 0 for what cannot be one: no answer is lost to a count."""
    is_count = isinstance(said, int | float) and not isinstance(said, bool) and 0 <= said <= MOST_TOKENS
    return int(said) if is_count else 0


class Finish(msgspec.Struct, frozen=True, tag="finish"):
    reason: StopReason
    stop_sequence: str | None = None


class Wire(msgspec.Struct, frozen=True, tag="wire"):
    """A piece of an answer that is already in the caller's format, with what we must know of it.

    `said` is the text the model said in it; `beside`, where the caller wants several answers at once, that of
    the others by their number. `told` as in `Start`. Nothing may follow a piece that `is_last`.
    """

    data: bytes
    said: str = ""
    beside: Mapping[int, str] | None = None
    told: Usage | None = None
    usage: Usage | None = None
    finish: Finish | None = None
    is_last: bool = False


CanonicalEvent = (
    Start
    | TextStart
    | ThinkingStart
    | ToolCallStart
    | TextDelta
    | ThinkingDelta
    | ArgumentsDelta
    | Citation
    | PartStop
    | Usage
    | Finish
)
Event = CanonicalEvent | Wire
# Events that arrived together, never none: what is done once for each read is done once for all of them.
Batch = Sequence[Event]
