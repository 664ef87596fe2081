"""Server-sent events: a byte stream cut anywhere ↔ whole events (WHATWG HTML § 9.2)."""

import codecs
import re

import msgspec

from chat.gateway.errors import UpstreamError

MAX_EVENT_BYTES = 8 * 1024 * 1024
_LINE_END = re.compile(rb"\r\n|\n|\r")


class ServerSentEvent(msgspec.Struct, frozen=True):
    event: str
    data: bytes


class SSEParser:
    """Feed it bytes as they come; it gives each event once its closing blank line is there."""

    def __init__(self) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors="strict")
        self._rest: list[bytes] = []
        self._rest_size = 0
        self._event = ""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        try:
            self._utf8.decode(chunk)
        except UnicodeDecodeError as error:
            raise UpstreamError("The model server sent text that is not valid UTF-8.") from error
        self._rest.append(chunk)
        self._rest_size += len(chunk)
        if self._rest_size > MAX_EVENT_BYTES:
            raise UpstreamError("The model server sent an event that is too large.")
        # Only now is a long line joined: looking at all of it for every piece would be quadratic.
        if b"\n" in chunk or b"\r" in chunk or self._rest[0].endswith(b"\r"):
            return self._split(b"".join(self._rest))
        return []

    def close(self) -> list[ServerSentEvent]:
        """The stream ended: an event whose closing blank line is missing still counts."""
        line = b"".join(self._rest).removesuffix(b"\r")
        self._rest, self._rest_size = [], 0
        return self._events([line, b""])

    def _split(self, text: bytes) -> list[ServerSentEvent]:
        if b"\r" not in text:
            *lines, rest = text.split(b"\n")
        else:
            # A trailing "\r" may be the first half of "\r\n": wait for what follows.
            held = b"\r" if text.endswith(b"\r") else b""
            *lines, rest = _LINE_END.split(text.removesuffix(b"\r"))
            rest += held
        self._rest, self._rest_size = [rest], len(rest)
        return self._events(lines)

    def _events(self, lines: list[bytes]) -> list[ServerSentEvent]:
        events = []
        for line in lines:
            if line.startswith(b"data: "):
                self._data.append(line[6:])
            elif line:
                self._field(line)
            else:
                if self._data:
                    events.append(ServerSentEvent(self._event or "message", b"\n".join(self._data)))
                    self._data = []
                self._event = ""
        return events

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._event = value.decode(errors="replace")


def encode(data: bytes, event: str = "") -> bytes:
    """One event whose `data` is a single line of JSON."""
    name = b"event: " + event.encode() + b"\n" if event else b""
    return name + b"data: " + data + b"\n\n"
