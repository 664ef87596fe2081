"""Server-sent events: a byte stream cut anywhere ↔ whole events (WHATWG HTML § 9.2)."""

import codecs
import re

import msgspec

from chat.gateway.errors import UpstreamError

MAX_EVENT_CHARACTERS = 16 * 1024 * 1024
_LINE_END = re.compile(r"\r\n|\n|\r")


class ServerSentEvent(msgspec.Struct, frozen=True):
    event: str
    data: str


class SSEParser:
    """Feed it bytes as they come; it gives each event once its closing blank line is there."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="strict")
        self._rest = ""
        self._event = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        try:
            text = self._rest + self._decoder.decode(chunk)
        except UnicodeDecodeError as error:
            raise UpstreamError("The model server sent text that is not valid UTF-8.") from error
        # A trailing "\r" may be the first half of "\r\n": wait for what follows.
        held = "\r" if text.endswith("\r") else ""
        *lines, self._rest = _LINE_END.split(text.removesuffix("\r"))
        self._rest += held
        if len(self._rest) > MAX_EVENT_CHARACTERS:
            raise UpstreamError("The model server sent an event that is too large.")
        return [event for line in lines if (event := self._line(line))]

    def close(self) -> list[ServerSentEvent]:
        """The stream ended: an event whose closing blank line is missing still counts."""
        lines = [self._rest.removesuffix("\r"), ""]
        self._rest = ""
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
