"""The one road, when things go wrong on it."""

from collections.abc import AsyncGenerator

import pytest

from chat.gateway import events as ev
from chat.gateway.dialects import anthropic_messages, openai_chat
from chat.gateway.errors import GatewayError, UpstreamError
from chat.gateway.relay import Relay
from chat.gateway.request import Message, Request, Text
from chat.gateway.routing import Deployment, Route
from tests import asynchronous
from tests.gateway.test_routing import NoHealth


class Scripted:
    """An upstream that plays events and then fails."""

    def __init__(self, *events: ev.Event, error: GatewayError | None = None) -> None:
        self._events = events
        self._error = error

    async def call(self, request: Request, model: str) -> AsyncGenerator[ev.Batch, None]:
        for event in self._events:
            yield [event]
        if self._error:
            raise self._error


HELLO = Request("m", (Message("user", (Text("Hello"),)),), stream=True)
BEGUN = (ev.Start(), ev.TextStart(), ev.TextDelta("Hel"))


def stream(upstream: Scripted, dialect: object = openai_chat) -> tuple[bytes, list[GatewayError | None]]:
    ends: list[GatewayError | None] = []

    async def note(relay: Relay, error: GatewayError | None) -> None:
        ends.append(error)

    async def run() -> bytes:
        relay = Relay(HELLO, Route([Deployment("d", upstream, "m")], NoHealth()))
        pieces = relay.streamed(dialect, "1", "req_1", note)  # type: ignore[arg-type]
        return b"".join([piece async for piece in pieces])

    return asynchronous.run(run()), ends


def test_it_works() -> None:
    data, ends = stream(Scripted(*BEGUN, ev.PartStop(), ev.Finish(ev.StopReason.END)))
    assert data.endswith(b"data: [DONE]\n\n")
    assert ends == [None]


def test_a_failure_before_the_first_byte_is_raised_o26() -> None:
    with pytest.raises(UpstreamError):
        stream(Scripted(error=UpstreamError("gone")))


def test_a_failure_inside_the_stream_is_told_in_it_o26() -> None:
    data, ends = stream(Scripted(*BEGUN, error=UpstreamError("gone")))
    assert data.endswith(
        b'data: {"error":{"message":"gone","type":"upstream_error","param":null,"code":"upstream_error"}}\n\n'
    )
    assert b"[DONE]" not in data
    assert [str(error) for error in ends] == ["gone"]


def test_a_failure_inside_an_anthropic_stream_a24() -> None:
    data, _ = stream(Scripted(*BEGUN, error=UpstreamError("gone")), anthropic_messages)
    assert b'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"gone"}' in data
    assert b"message_stop" not in data


def test_an_answer_that_just_ends_is_a_failure() -> None:
    data, _ = stream(Scripted(*BEGUN))
    assert b"ended too early" in data
