"""Server-sent events, however the bytes arrive (conformance S01, S02)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.gateway import sse
from chat.gateway.errors import UpstreamError
from chat.gateway.sse import ServerSentEvent, SSEParser


def parse(*chunks: bytes) -> list[ServerSentEvent]:
    parser = SSEParser()
    return [*(event for chunk in chunks for event in parser.feed(chunk)), *parser.close()]


def test_it_works() -> None:
    assert parse(b"event: ping\ndata: {}\n\ndata: a\ndata: b\n\n") == [
        ServerSentEvent("ping", b"{}"),
        ServerSentEvent("message", b"a\nb"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_it_reads_every_line_end_s02(end: str) -> None:
    text = end.join([": comment", "id: 1", "retry: 5", "data:x", "", "data: y", ""])
    assert [event.data for event in parse(text.encode())] == [b"x", b"y"]


def test_the_last_blank_line_may_be_missing_s02() -> None:
    assert parse(b"data: x\n\ndata: last") == [
        ServerSentEvent("message", b"x"),
        ServerSentEvent("message", b"last"),
    ]


@given(st.lists(st.text()), st.sampled_from(["\n", "\r\n", "\r"]), st.data())
def test_any_split_gives_the_same_events_s01(texts: list[str], end: str, data: st.DataObject) -> None:
    lines = ["data: " + text.replace("\r", "").replace("\n", "") + end + end for text in texts]
    whole = "".join(lines).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)))))
    chunks = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert parse(*chunks) == parse(whole)


def test_it_rejects_invalid_utf8() -> None:
    with pytest.raises(UpstreamError):
        parse(b"data: \xff\n\n")


def test_it_rejects_an_endless_event() -> None:
    with pytest.raises(UpstreamError):
        parse(*[b"x" * 1_000_000] * 20)


def test_encode_is_what_parse_reads() -> None:
    assert parse(sse.encode(b'{"a":1}', "error")) == [ServerSentEvent("error", b'{"a":1}')]
