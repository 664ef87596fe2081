"""Server-sent events: a byte stream cut anywhere ↔ whole events (WHATWG HTML § 9.2)."""

import codecs
import re

import msgspec

from chat.gateway.errors import UpstreamError

MAX_EVENT_CHARACTERS = 8 * 1024 * 1024
_LINE_END = re.compile(r"\r\n|\n|\r")


class ServerSentEvent(msgspec.Struct, frozen=True):
    event: str
    data: str


class SSEParser:
    """Feed it bytes as they come; it gives each event once its closing blank line is there."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="strict")
        self._rest: list[str] = []
        self._rest_size = 0
        self._event = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        try:
            text = self._decoder.decode(chunk)
        except UnicodeDecodeError as error:
            raise UpstreamError("The model server sent text that is not valid UTF-8.") from error
        self._rest.append(text)
        self._rest_size += len(text)
        if self._rest_size > MAX_EVENT_CHARACTERS:
            raise UpstreamError("The model server sent an event that is too large.")
        # Only now is a long line joined: looking at all of it for every piece would be quadratic.
        if "\n" in text or "\r" in text or self._rest[0].endswith("\r"):
            return self._lines("".join(self._rest))
        return []

    def _lines(self, text: str) -> list[ServerSentEvent]:
        # A trailing "\r" may be the first half of "\r\n": wait for what follows.
        held = "\r" if text.endswith("\r") else ""
        *lines, rest = _LINE_END.split(text.removesuffix("\r"))
        self._rest = [rest + held]
        self._rest_size = len(rest) + len(held)
        return [event for line in lines if (event := self._line(line))]

    def close(self) -> list[ServerSentEvent]:
        """The stream ended: an event whose closing blank line is missing still counts."""
        lines = ["".join(self._rest).removesuffix("\r"), ""]
        self._rest, self._rest_size = [], 0
        return [event for line in lines if (event := self._line(line))]

    def _line(self, line: str) -> ServerSentEvent | None:
        if line:
            self._field(line)
            return None
        event, data = self._event, self._data
        self._event, self._data = "", []
        return ServerSentEvent(event or "message", "\n".join(data)) if data else None

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value


def encode(data: bytes, event: str = "") -> bytes:
    """One event whose `data` is a single line of JSON."""
    name = b"event: " + event.encode() + b"\n" if event else b""
    return name + b"data: " + data + b"\n\n"
