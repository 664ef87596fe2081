"""decode ∘ encode is the identity on what a format can say (property tests)."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from chat.gateway import request as rq
from chat.gateway.dialects import anthropic_messages, openai_chat

# With something to see in them: Anthropic's format has no other texts (T15).
words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12).filter(
    str.strip
)
names = st.from_regex(r"[a-z_]{1,10}", fullmatch=True)
ids = st.from_regex(r"call_[a-zA-Z0-9]{4,10}", fullmatch=True)
texts = st.builds(rq.Text, words)
images = st.one_of(
    st.builds(rq.Image, media_type=st.just("image/png"), data=st.just("AAAA")),
    st.builds(rq.Image, url=st.just("https://example.org/i.png")),
)
arguments = st.dictionaries(names, st.integers() | words, max_size=2)
calls = st.builds(rq.ToolCall, ids, names, arguments.map(lambda value: as_json(value)))
schemas = st.just({"type": "object", "properties": {"a": {"type": "string"}}})
tools = st.builds(rq.Tool, names, schemas, st.none() | words, st.none() | st.booleans())
choices = st.one_of(
    st.builds(rq.ToolChoice, st.sampled_from(rq.ToolMode)),
    st.builds(rq.ToolChoice, st.just(rq.ToolMode.REQUIRED), names),
)
samplings = st.builds(
    rq.Sampling,
    max_tokens=st.integers(1, 10_000),
    temperature=st.none() | st.sampled_from([0.0, 0.5, 1.0]),
    top_p=st.none() | st.just(0.9),
    stop=st.lists(words, max_size=3).map(tuple),
)


def as_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def results(call: rq.ToolCall) -> st.SearchStrategy[rq.ToolResult]:
    return st.builds(rq.ToolResult, st.just(call.id), st.tuples(texts))


@st.composite
def conversations(draw: st.DrawFn, user_text: Any) -> tuple[rq.Message, ...]:
    """Question, an answer that calls tools, all their results with a word beside them, an answer."""
    asked = draw(st.lists(calls, min_size=1, max_size=3, unique_by=lambda call: call.id))
    answers = [draw(results(call)) for call in asked]
    return (
        rq.Message("user", tuple(draw(st.lists(texts | images, min_size=1, max_size=3)))),
        rq.Message("assistant", (*draw(st.lists(texts, max_size=1)), *asked)),
        rq.Message("user", (*answers, *draw(st.lists(user_text, max_size=1)))),
        rq.Message("assistant", (draw(texts),)),
    )


def requests(dialect: str, system: Any) -> st.SearchStrategy[rq.Request]:
    return st.builds(
        rq.Request,
        model=st.just("theirs"),
        messages=conversations(texts),
        system=st.lists(system, max_size=1).map(tuple),
        tools=st.lists(tools, min_size=1, max_size=2, unique_by=lambda tool: tool.name).map(tuple),
        tool_choice=choices,
        sampling=samplings,
        dialect=st.just(dialect),
    )


@given(requests("openai", texts))
def test_openai(request: rq.Request) -> None:
    assert openai_chat.decode_request(openai_chat.encode_request(request, "theirs")) == request


@given(requests("anthropic", texts))
def test_anthropic(request: rq.Request) -> None:
    encoded = anthropic_messages.encode_request(request, "theirs")
    decoded = anthropic_messages.decode_request(encoded)
    assert decoded == with_usage(request)


def with_usage(request: rq.Request) -> rq.Request:
    return msgspec.structs.replace(request, include_usage=True)


@given(requests("openai", texts))
def test_translation_drops_nothing(request: rq.Request) -> None:
    """Through the other format and back: every call, result, image and text is still there."""
    translated = anthropic_messages.decode_request(anthropic_messages.encode_request(request, "theirs"))
    back = openai_chat.decode_request(openai_chat.encode_request(translated, "theirs"))
    assert back.messages == request.messages
    assert [tool.name for tool in back.tools] == [tool.name for tool in request.tools]
    assert back.tool_choice == request.tool_choice
