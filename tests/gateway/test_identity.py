"""decode ∘ encode is the identity on what a format can say (property tests)."""

from dataclasses import dataclass
from typing import Any

import msgspec
from hypothesis import given, settings
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


documents = st.one_of(
    st.builds(rq.Document, st.just("application/pdf"), data=st.just("JVBERi0="), name=names),
    st.builds(rq.Document, st.just("text/plain"), text=words, name=names),
    st.builds(rq.Document, url=st.just("https://example.org/a.pdf"), name=names),
)
inline_documents = st.builds(rq.Document, st.just("application/pdf"), data=st.just("JVBERi0="), name=names)
thoughts = st.one_of(
    st.builds(rq.Thinking, words, words), st.builds(rq.Thinking, redacted=st.just("encrypted"))
)
formats = st.none() | st.builds(rq.OutputFormat, schemas, names, st.none() | st.booleans())


@dataclass(frozen=True)
class Said:
    """What a format has words for, in each place."""

    user: Any
    result: Any
    is_error: Any
    ids: Any


OPENAI = Said(texts | images | inline_documents, st.tuples(texts), st.just(False), words)
ANTHROPIC = Said(
    texts | images | documents,
    st.one_of(st.just(()), st.lists(texts | images | documents, min_size=1, max_size=3).map(tuple)),
    st.booleans(),
    ids,
)
BOTH = Said(texts | images | inline_documents, st.tuples(texts), st.just(False), ids)


@st.composite
def conversations(draw: st.DrawFn, said: Said) -> tuple[rq.Message, ...]:
    """Question, an answer that thinks and calls tools, their results with a word beside them, an answer."""
    named = draw(st.lists(said.ids, min_size=1, max_size=3, unique=True))
    asked = [rq.ToolCall(call_id, draw(names), as_json(draw(arguments))) for call_id in named]
    answers = [rq.ToolResult(call_id, draw(said.result), draw(said.is_error)) for call_id in named]
    thinking = draw(st.lists(thoughts, max_size=2))
    return (
        rq.Message("user", tuple(draw(st.lists(said.user, min_size=1, max_size=3)))),
        rq.Message("assistant", (*thinking, *draw(st.lists(texts, max_size=1)), *asked)),
        rq.Message("user", (*answers, *draw(st.lists(texts, max_size=1)))),
        rq.Message("assistant", (draw(texts),)),
    )


def requests(dialect: str, said: Said, output: Any) -> st.SearchStrategy[rq.Request]:
    return st.builds(
        rq.Request,
        model=st.just("theirs"),
        messages=conversations(said),
        system=st.lists(texts, max_size=1).map(tuple),
        tools=st.lists(tools, min_size=1, max_size=2, unique_by=lambda tool: tool.name).map(tuple),
        tool_choice=choices,
        sampling=samplings,
        output_format=output,
        stream=st.booleans(),
        dialect=st.just(dialect),
    )


@settings(deadline=None)
@given(requests("openai", OPENAI, formats))
def test_openai(request: rq.Request) -> None:
    """The portal always asks for usage, so that is what comes back."""
    decoded = openai_chat.decode_request(openai_chat.encode_request(request, "theirs"))
    assert decoded == msgspec.structs.replace(request, include_usage=request.stream)


@settings(deadline=None)
@given(requests("anthropic", ANTHROPIC, st.none()))
def test_anthropic(request: rq.Request) -> None:
    encoded = anthropic_messages.encode_request(request, "theirs")
    decoded = anthropic_messages.decode_request(encoded)
    assert decoded == with_usage(request)


def with_usage(request: rq.Request) -> rq.Request:
    return msgspec.structs.replace(request, include_usage=True)


@settings(deadline=None)
@given(requests("openai", BOTH, st.none()))
def test_translation_drops_nothing(request: rq.Request) -> None:
    """Through the other format and back: every call, result, image and text is still there."""
    translated = anthropic_messages.decode_request(anthropic_messages.encode_request(request, "theirs"))
    back = openai_chat.decode_request(openai_chat.encode_request(translated, "theirs"))
    assert back.messages == request.messages
    assert [tool.name for tool in back.tools] == [tool.name for tool in request.tools]
    assert back.tool_choice == request.tool_choice
