"""A dialect is one wire format, stated once in each direction.

Each folder is a module that satisfies `CallerDialect`, `UpstreamDialect` or both; the folders do
not know each other.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from chat.gateway.collect import Answer
from chat.gateway.errors import GatewayError
from chat.gateway.events import CanonicalEvent, Event, Wire
from chat.gateway.request import Request
from chat.gateway.sse import ServerSentEvent


class EventDecoder(Protocol):
    """An upstream's stream → canonical events. `feed` gets what arrived together."""

    def feed(self, arrived: Sequence[ServerSentEvent]) -> Iterable[Event]: ...

    def close(self) -> Iterable[Event]:
        """The stream ended; raises `UpstreamError` when it ended too early."""


class EventEncoder(Protocol):
    """Canonical events → the caller's stream."""

    def encode(self, event: CanonicalEvent) -> bytes: ...

    def close(self) -> bytes: ...

    def fail(self, error: GatewayError, request_id: str) -> bytes: ...


class CallerDialect(Protocol):
    """A format callers speak. `raw` and returned dicts are JSON objects as Python values."""

    NAME: str
    # What a stream may carry at any time, and means nothing.
    PING: bytes

    def decode_request(self, raw: dict[str, Any]) -> Request: ...

    def encode_answer(self, answer: Answer, request: Request, answer_id: str) -> dict[str, Any]: ...

    def event_encoder(self, request: Request, answer_id: str) -> EventEncoder: ...

    def encode_error(self, error: GatewayError, request_id: str) -> tuple[int, dict[str, Any]]: ...

    def error_headers(self, error: GatewayError, request_id: str) -> dict[str, str]: ...


class ServiceDialect(Protocol):
    """A format that passes as it is: how servers give embeddings and images."""

    PATH: str

    def pass_request(self, request: Request, model: str) -> dict[str, Any]: ...

    def pass_answer(self, body: bytes, request: Request, answer_id: str) -> Wire: ...


class UpstreamDialect(Protocol):
    """A format model servers speak."""

    NAME: str
    COMPLETIONS_PATH: str

    def encode_request(self, request: Request, model: str) -> dict[str, Any]: ...

    def upstream_headers(self, credential: str) -> dict[str, str]: ...

    def decode_answer(self, raw: dict[str, Any], request: Request) -> list[Event]: ...

    def event_decoder(self, request: Request) -> EventDecoder: ...

    def pass_request(self, request: Request, model: str) -> dict[str, Any]: ...

    def pass_answer(self, body: bytes, request: Request, answer_id: str) -> Wire: ...

    def passer(self, request: Request, answer_id: str) -> EventDecoder: ...
