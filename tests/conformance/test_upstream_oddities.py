"""Model servers that do not quite keep to their format, or say more than callers may know."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance import says
from tests.conformance.conftest import PATHS, Upstream
from tests.conformance.scripted import CREDENTIAL, ScriptedServer

Make = Callable[..., Upstream]
WIRES = pytest.mark.parametrize("wire", PATHS)
NO_COUNTS = [-1, 10**12, "7", 1.5e300, True, None, [7]]


def row_of(user: Any) -> Any:
    from usage.models import UsageRecord

    return UsageRecord.objects.get(user=user)


@WIRES
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("count", NO_COUNTS)
def test_an_openai_servers_count_that_is_none(
    openai: Make, alice: Any, wire: str, stream: bool, count: Any
) -> None:
    """The answer arrives, and its row is closed."""
    usage = {"prompt_tokens": count, "completion_tokens": count, "total_tokens": count}
    begin = says.openai_stream(says.openai_chunk(content="Hello"))[:-2]
    pieces = [*begin, says.openai_data(choices=[], usage=usage), says.DONE]
    server = openai({**says.openai(), "usage": usage}, pieces=pieces if stream else ())
    assert server.post(wire, stream=stream).status_code == 200
    row = row_of(alice)
    assert row.status == "complete"
    assert (row.input_tokens, row.output_tokens) == (0, 0)


@WIRES
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("count", NO_COUNTS)
def test_an_anthropic_servers_count_that_is_none(
    anthropic: Make, alice: Any, wire: str, stream: bool, count: Any
) -> None:
    usage = {"input_tokens": count, "output_tokens": count, "cache_read_input_tokens": count}
    begin = says.anthropic_stream(says.anthropic_text(0, "Hello"))[:-2]
    start = says.anthropic_event("message_start", message={**says.anthropic(), "content": [], "usage": usage})
    end = says.anthropic_event("message_delta", delta={"stop_reason": "end_turn"}, usage=usage)
    pieces = [start, *begin[1:], end, says.anthropic_event("message_stop")]
    server = anthropic({**says.anthropic(), "usage": usage}, pieces=pieces if stream else ())
    assert server.post(wire, stream=stream).status_code == 200
    assert row_of(alice).status == "complete"


def test_more_from_the_cache_than_there_was(openai: Make) -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 9}}
    assert openai({**says.openai(), "usage": usage}).ask("anthropic")["usage"]["input_tokens"] == 0


@WIRES
@pytest.mark.parametrize("kind", ["openai", "anthropic"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [400, 200])
def test_what_only_the_operator_may_know_is_not_repeated(
    upstream: Make, scripted: ScriptedServer, kind: str, wire: str, stream: bool, status: int
) -> None:
    said = f"no key {CREDENTIAL} at {scripted.base_url}/chat or 127.0.0.1:{scripted.port}, out of memory"
    answer = {"type": "error", "error": {"type": "api_error", "message": said}}
    response = upstream(kind, answer, status=status).post(wire, stream=stream)
    assert response.status_code == (400 if status == 400 else 502)
    assert_hidden(response.text, scripted)


@WIRES
@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_nor_in_the_middle_of_a_stream(
    upstream: Make, scripted: ScriptedServer, kind: str, wire: str
) -> None:
    error = {"type": "api_error", "message": f"{CREDENTIAL} at {scripted.base_url}, out of memory"}
    if kind == "openai":
        begin = says.openai_stream(says.openai_chunk(content="Hel"))[:2]
        pieces = [*begin, says.openai_data(error=error)]
    else:
        begin = (*says.anthropic_stream()[:2], says.anthropic_text(0, "Hel"))
        pieces = [*begin, says.anthropic_event("error", error=error)]
    response = upstream(kind, pieces=pieces).post(wire, stream=True)
    assert "out of memory" in response.text
    assert_hidden(response.text, scripted)


def assert_hidden(text: str, scripted: ScriptedServer) -> None:
    for hidden in (CREDENTIAL, str(scripted.port), "127.0.0.1"):
        assert hidden not in text


@WIRES
def test_nulls_where_a_chunk_has_nothing_to_say(openai: Make, wire: str) -> None:
    choice = {"index": 0, "delta": {"role": "assistant", "content": "Hello"}, "finish_reason": None}
    pieces = [
        says.openai_data(id=None, model=None, choices=[choice]),
        says.openai_data(choices=None),
        says.openai_chunk("stop"),
        says.openai_data(choices=None, usage=says.openai()["usage"]),
        says.DONE,
    ]
    server = openai(pieces=pieces)
    events = server.stream(wire)
    assert "Hello" in str(events)
    assert not [event for event in events if "error" in event]
    if wire == "openai":
        assert {event["model"] for event in events} == {server.model}


@WIRES
@pytest.mark.parametrize("kind", ["openai", "anthropic"])
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_too_deep_to_read(upstream: Make, kind: str, wire: str, stream: bool) -> None:
    deep = b'{"x":' * 100_000 + b"1" + b"}" * 100_000
    pieces = [b"data: " + deep + b"\n\n"] if stream else ()
    assert upstream(kind, deep, pieces=pieces).post(wire, stream=stream).status_code == 502
