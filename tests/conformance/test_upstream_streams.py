"""Server-sent events from model servers (conformance S); what breaks them is in tests/engines/test_faults."""

import json
import random
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.conformance import says
from tests.conformance.conftest import HELLO, PATHS, Upstream

Make = Callable[..., Upstream]
SAID = "Grüße 👩‍🚀, τι κάνεις;"
STREAMS = {
    "openai": b"".join(says.openai_stream(*(says.openai_chunk(content=word) for word in SAID.split(" ")))),
    "anthropic": b"".join(says.anthropic_stream(says.anthropic_text(0, *SAID.split(" ")))),
}


def text_of(wire: str, events: list[dict[str, Any]]) -> str:
    if wire == "openai":
        return " ".join(filter(None, (event["choices"][0]["delta"].get("content") for event in events)))
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    return " ".join(delta["text"] for delta in deltas)


@pytest.mark.parametrize("wire", PATHS)
@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("size", [1, 7, "anywhere"])
def test_any_split_gives_the_same_answer_s01(upstream: Make, kind: str, wire: str, size: int | str) -> None:
    """Inside characters, line ends and field names. (Every split: tests/gateway, as a property.)"""
    whole = STREAMS[kind].replace(b"\n", b"\r\n")
    chance = random.Random(7)
    pieces, rest = [], whole
    while rest:
        length = size if isinstance(size, int) else chance.randint(1, 40)
        pieces, rest = [*pieces, rest[:length]], rest[length:]
    assert text_of(wire, upstream(kind, pieces=pieces).stream(wire)) == SAID


DIALECTS = {
    "carriage returns": lambda text: text.replace(b"\n", b"\r"),
    "both": lambda text: text.replace(b"\n", b"\r\n"),
    "comments": lambda text: text.replace(b"data:", b": keep-alive\ndata:"),
    "further fields": lambda text: text.replace(b"data:", b"id: 7\nretry: 10\nnonsense\ndata:"),
    "no blank": lambda text: text.replace(b"data: ", b"data:"),
    "several lines": lambda text: text.replace(b', "', b',\ndata: "'),
    "no final blank line": lambda text: text.removesuffix(b"\n"),
    "a byte order in between": lambda text: text.replace(b"\n\n", b"\n\n\n\n"),
}


@pytest.mark.parametrize("wire", PATHS)
@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("name", DIALECTS)
def test_every_way_to_write_it_s02(upstream: Make, kind: str, wire: str, name: str) -> None:
    server = upstream(kind, pieces=[DIALECTS[name](STREAMS[kind])])
    assert text_of(wire, server.stream(wire)) == SAID


@pytest.mark.parametrize("wire", PATHS)
@pytest.mark.parametrize("kind", STREAMS)
def test_an_end_without_an_end_s03(upstream: Make, kind: str, wire: str) -> None:
    """An error, unless the answer had finished: then only the goodbye is missing."""
    whole = upstream(kind, pieces=[STREAMS[kind]]).script.pieces[0]
    goodbye = says.DONE if kind == "openai" else says.anthropic_event("message_stop")
    assert text_of(wire, upstream(kind, pieces=[whole.removesuffix(goodbye)]).stream(wire)) == SAID
    half = whole[: whole.index("κάνεις".encode())].rpartition(b"\n\n")[0] + b"\n\n"
    events = upstream(kind, pieces=[half]).stream(wire)
    assert "error" in events[-1]


@pytest.mark.parametrize("wire", PATHS)
@pytest.mark.parametrize(
    "body", [b'{"error": {"message": "out of memory"}}', b"<html>nginx</html>", b"[]", b""]
)
@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("stream", [False, True])
def test_no_answer_with_status_200_s04(
    upstream: Make, kind: str, wire: str, body: bytes, stream: bool
) -> None:
    response = upstream(kind, body).post(wire, stream=stream)
    assert response.status_code == 502, response.text
    assert "nginx" not in response.text


@pytest.mark.parametrize("wire", PATHS)
def test_an_error_inside_the_stream_s04(upstream: Make, wire: str) -> None:
    begin = says.openai_stream(says.openai_chunk(content="Hel"))[:2]
    events = upstream("openai", pieces=[*begin, b'data: {"error": {"message": "out of memory"}}\n\n']).stream(
        wire
    )
    assert "out of memory" in events[-1]["error"]["message"]
    overloaded = says.anthropic_event("error", error={"type": "overloaded_error", "message": "Overloaded"})
    pieces = (*says.anthropic_stream()[:2], says.anthropic_text(0, "Hel"), overloaded)
    events = upstream("anthropic", pieces=pieces).stream(wire)
    kinds = {"openai": "overloaded", "anthropic": "overloaded_error"}
    assert events[-1]["error"]["type"] == kinds[wire]


@pytest.mark.parametrize("wire", PATHS)
@pytest.mark.parametrize("kind", STREAMS)
def test_who_leaves_is_not_answered_any_more_s06(
    upstream: Make, alice: Any, eventually: Callable[..., Any], kind: str, wire: str
) -> None:
    from usage.models import UsageRecord

    word = says.openai_chunk(content="word ") if kind == "openai" else says.anthropic_event(
        "content_block_delta", index=0, delta={"type": "text_delta", "text": "word "}
    )  # fmt: skip
    begin = says.openai_stream()[:1] if kind == "openai" else (
        says.anthropic_stream()[0],
        says.anthropic_event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
    )  # fmt: skip
    server = upstream(kind, pieces=[*begin, *[word] * 500], pause=0.05)
    body = {"model": server.model, "max_tokens": 999, "messages": HELLO, "stream": True}
    with server.client.stream("POST", PATHS[wire], json=body) as response:
        for line in response.iter_lines():
            if "word" in line:
                break
    left = time.monotonic()
    assert server.script.was_left.wait(2)
    assert time.monotonic() - left < 1
    row = eventually(lambda: UsageRecord.objects.filter(user=alice).exclude(status="open").first())
    assert (row.status, row.is_disconnected) == ("cancelled", True)
    assert 0 < row.output_tokens < 100


def test_a_whole_answer_nobody_waits_for_s06(
    upstream: Make, alice: Any, eventually: Callable[..., Any]
) -> None:
    from usage.models import UsageRecord

    server = upstream("openai", json.dumps(says.openai()).encode(), delay=5)
    with pytest.raises(httpx.ReadTimeout):
        server.client.post(PATHS["openai"], json={"model": server.model, "messages": HELLO}, timeout=0.5)
    row = eventually(lambda: UsageRecord.objects.filter(user=alice, status="cancelled").first(), 3)
    assert (row.output_tokens, row.is_disconnected) == (0, True)
