"""Nothing that comes from outside makes a parser fail but in a way it says (battery B02; property tests)."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.gateway import detection, strict_json
from chat.gateway.dialects import anthropic_messages, openai_chat, openai_embeddings, openai_images
from chat.gateway.errors import GatewayError, InvalidRequest
from chat.gateway.limits import Limits
from chat.gateway.request import Message, Request, Text
from chat.gateway.sse import SSEParser

LIMITS = Limits(body=10**6, depth=50, messages=100, tools=100, text=10_000, images=10, image=10_000)
REQUEST = Request("m", (Message("user", (Text("Hello"),)),), stream=True)
DIALECTS: list[Any] = [openai_chat, anthropic_messages]
# What JSON has, and the words the formats are made of: deep enough to get behind the first check.
WORDS = [
    "model", "messages", "role", "content", "type", "text", "user", "assistant", "system", "tool", "tools",
    "tool_calls", "function", "name", "arguments", "id", "tool_use", "tool_result", "tool_use_id", "input",
    "image", "image_url", "url", "source", "data", "document", "thinking", "max_tokens", "stream", "stop",
    "tool_choice", "response_format", "functions", "function_call", "tool_call_id", "input_schema", "usage",
    "choices", "delta", "finish_reason", "index", "message", "content_block", "message_start",
    "content_block_start", "content_block_delta", "message_delta", "partial_json", "error", "n", "metadata",
]  # fmt: skip
scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=5)
values: Any = st.recursive(
    scalars | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=25,
)
objects = st.dictionaries(st.sampled_from(WORDS), values, max_size=8)
messages = st.lists(st.dictionaries(st.sampled_from(["role", "content", "tool_calls"]), values, max_size=3))


@settings(deadline=None)
@given(objects, st.none() | messages, st.sampled_from(DIALECTS))
def test_requests_b02(raw: dict[str, Any], said: Any, dialect: Any) -> None:
    raw = {**raw, **({"model": "m", "messages": said} if said is not None else {})}
    with suppress(InvalidRequest):
        detection.detect("/api/chat/completions", {}, raw)
    with suppress(GatewayError):
        request = dialect.decode_request(raw)
        LIMITS.check(request, raw)
        for other in DIALECTS:
            with suppress(InvalidRequest):
                other.encode_request(request, "theirs")


@settings(deadline=None)
@given(objects, st.sampled_from([openai_embeddings, openai_images]))
def test_requests_of_services_b02(raw: dict[str, Any], dialect: Any) -> None:
    with suppress(InvalidRequest):
        dialect.decode_request(raw)


@given(st.binary(max_size=200))
def test_bodies_b02(body: bytes) -> None:
    with suppress(InvalidRequest):
        strict_json.decode_object(body, 50)


@given(st.lists(st.binary(max_size=40)))
def test_streams_b02(chunks: list[bytes]) -> None:
    parser = SSEParser()
    with suppress(GatewayError):
        for chunk in chunks:
            parser.feed(chunk)
        parser.close()


@pytest.mark.parametrize("body", [b"\xef\xbb\xbf{}", b"{}" + bytes(3), b'{"a": "\xed\xa0\x80"}'])
def test_near_misses_b02(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        strict_json.decode_object(body, 50)


signs = st.text(alphabet='":\\ \n{},[]x', max_size=6)
nested: Any = st.recursive(
    signs, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(signs, inner, max_size=3), max_leaves=8
)


@settings(deadline=None)
@given(
    st.dictionaries(signs, nested, max_size=3),
    st.sampled_from([(",", ":"), (" , ", "  : "), (",\n", "\n:\t")]),
)
def test_no_text_looks_like_a_key_b02(raw: dict[str, Any], separators: tuple[str, str]) -> None:
    assert strict_json.decode_object(json.dumps(raw, separators=separators).encode(), 50) == raw


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":2}',
        b'{"a":1,"a" :2}',
        b'{"a":1,"a"  :2,"b":":x"}',
        b'{"b":1,"a"\n\t:":","a":3}',
        b'{"x":{"\\"":":","\\"":1}}',
    ],
)
def test_a_key_that_comes_twice_is_refused_h07(body: bytes) -> None:
    with pytest.raises(InvalidRequest, match="names a key twice"):
        strict_json.decode_object(body, 50)


def test_a_text_of_megabytes_is_read_quickly_h07() -> None:
    """With quotes and colons in it, as in code that an agent sends: nobody else is served meanwhile."""
    body = json.dumps({"text": 'return {"a": "b"}\n' * 500_000}).encode()
    begun = time.process_time()
    strict_json.decode_object(body, 50)
    assert time.process_time() - begun < 0.5
