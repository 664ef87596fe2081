"""Whatever a model says, cut and interleaved anyhow, arrives whole in either format (property tests).

Model servers are played by small encoders of their own, callers by small readers: nothing here uses the
code it tests to check itself.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.gateway import events as ev
from chat.gateway.collect import Answer, collect
from chat.gateway.dialects import CallerDialect, EventDecoder, anthropic_messages, openai_chat
from chat.gateway.request import Message, Passage, Request, Text, Thinking, ToolCall
from chat.gateway.sse import SSEParser
from tests.gateway.test_sse import parse

Json = dict[str, Any]
REQUEST = Request("m", (Message("user", (Text("Hello"),)),), stream=True, include_usage=True)
words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
names = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
# Ids of any shape: `functions.f:0` as well as `toolu_…`.
ids = st.from_regex(r"[a-zA-Z0-9_.:-]{1,12}", fullmatch=True)
arguments = st.dictionaries(names, st.integers() | words | st.lists(words, max_size=2), max_size=3)
calls = st.builds(ToolCall, ids, names, arguments.map(lambda value: msgspec.json.encode(value).decode()))
usages = st.builds(
    ev.Usage,
    input=st.integers(50, 10_000),
    output=st.integers(0, 10_000),
    cached=st.integers(0, 20),
    cache_written=st.just(0),
)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    thinking = draw(st.lists(st.builds(Thinking, words), max_size=1))
    text = draw(st.lists(st.builds(Text, words), max_size=1))
    called = draw(st.lists(calls, max_size=3, unique_by=lambda call: call.id))
    reason = ev.StopReason.TOOL_CALLS if called else draw(st.sampled_from(["end", "length", "refusal"]))
    return Answer([*thinking, *text, *called], draw(usages), ev.Finish(ev.StopReason(reason)))


def cut(draw: st.DrawFn, text: str) -> list[str]:
    """Pieces that joined give `text` again."""
    at = sorted(draw(st.sets(st.integers(0, len(text)), max_size=3)))
    return [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)]


# Model servers


OPENAI_FINISH = {"end": "stop", "length": "length", "refusal": "content_filter", "tool_calls": "tool_calls"}
ANTHROPIC_STOP = {"end": "end_turn", "length": "max_tokens", "refusal": "refusal", "tool_calls": "tool_use"}


@st.composite
def openai_streams(draw: st.DrawFn, answer: Answer) -> bytes:
    """Calls begin in their order and then interleave; the count comes with the finish, after it, or both."""
    deltas: list[Json] = [{"role": "assistant", "content": ""}]
    field = {Thinking: draw(st.sampled_from(["reasoning_content", "reasoning"])), Text: "content"}
    for part in answer.parts:
        if isinstance(part, Thinking | Text):
            deltas += [{field[type(part)]: piece} for piece in cut(draw, part.text)]
    lanes = [list(openai_call(draw, index, call)) for index, call in enumerate(answer.tool_calls)]
    begun = 0
    while any(lanes):
        number = draw(st.sampled_from([at for at, lane in enumerate(lanes) if lane and at <= begun]))
        begun = max(begun, number + 1)
        deltas.append({"tool_calls": [lanes[number].pop(0)]})
    assert answer.finish
    chunks: list[Json] = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    finish = {"index": 0, "delta": {}, "finish_reason": OPENAI_FINISH[answer.finish.reason]}
    usage = openai_usage(answer)
    early, late = draw(st.sampled_from([(True, False), (False, True), (True, True)]))
    chunks.append({"choices": [finish], **({"usage": usage} if early else {})})
    if late:
        chunks.append({"choices": [], "usage": usage})
    head = {"id": "theirs", "object": "chat.completion.chunk", "created": 1, "model": "theirs"}
    return b"".join(sse({**head, **chunk}) for chunk in chunks) + b"data: [DONE]\n\n"


def openai_call(draw: st.DrawFn, index: int, call: ToolCall) -> Sequence[Json]:
    first = {
        "index": index,
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": ""},
    }
    pieces = cut(draw, call.arguments)
    return [first, *({"index": index, "function": {"arguments": piece}} for piece in pieces)]


def openai_usage(answer: Answer) -> Json:
    assert answer.usage
    return {
        "prompt_tokens": answer.usage.input,
        "completion_tokens": answer.usage.output,
        "prompt_tokens_details": {"cached_tokens": answer.usage.cached},
    }


def openai_whole(answer: Answer) -> Json:
    assert answer.finish
    message: Json = {"role": "assistant", "content": "".join(text_of(answer)) or None}
    if thought := "".join(part.text for part in answer.parts if isinstance(part, Thinking)):
        message["reasoning_content"] = thought
    if answer.tool_calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in answer.tool_calls
        ]
    choice = {"index": 0, "message": message, "finish_reason": OPENAI_FINISH[answer.finish.reason]}
    return {"choices": [choice], "usage": openai_usage(answer)}


@st.composite
def anthropic_streams(draw: st.DrawFn, answer: Answer) -> bytes:
    assert answer.usage
    assert answer.finish
    usage = anthropic_usage(answer)
    pieces = [sse({"type": "message_start", "message": {"usage": {**usage, "output_tokens": 1}}})]
    for index, part in enumerate(answer.parts):
        block, deltas = anthropic_block(draw, part)
        if draw(st.booleans()):
            pieces.append(sse({"type": "ping"}))
        pieces.append(sse({"type": "content_block_start", "index": index, "content_block": block}))
        pieces += [sse({"type": "content_block_delta", "index": index, "delta": delta}) for delta in deltas]
        pieces.append(sse({"type": "content_block_stop", "index": index}))
    delta = {"stop_reason": ANTHROPIC_STOP[answer.finish.reason], "stop_sequence": None}
    counted = {"output_tokens": answer.usage.output}
    pieces.append(sse({"type": "message_delta", "delta": delta, "usage": counted}))
    return b"".join([*pieces, sse({"type": "message_stop"})])


def anthropic_block(draw: st.DrawFn, part: Any) -> tuple[Json, list[Json]]:
    match part:
        case Text():
            texts = [{"type": "text_delta", "text": piece} for piece in cut(draw, part.text)]
            return {"type": "text", "text": ""}, texts
        case Thinking():
            thoughts = [{"type": "thinking_delta", "thinking": piece} for piece in cut(draw, part.text)]
            return {"type": "thinking", "thinking": "", "signature": ""}, thoughts
        case _:
            pieces = [
                {"type": "input_json_delta", "partial_json": piece} for piece in cut(draw, part.arguments)
            ]
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": {}}, pieces


def anthropic_usage(answer: Answer) -> Json:
    assert answer.usage
    usage = answer.usage
    return {
        "input_tokens": usage.input - usage.cached,
        "cache_read_input_tokens": usage.cached,
        "cache_creation_input_tokens": 0,
        "output_tokens": usage.output,
    }


def anthropic_whole(answer: Answer) -> Json:
    assert answer.finish
    blocks: list[Json] = []
    for part in answer.parts:
        match part:
            case Text():
                blocks.append({"type": "text", "text": part.text})
            case Thinking():
                blocks.append({"type": "thinking", "thinking": part.text, "signature": ""})
            case ToolCall():
                given = json.loads(part.arguments)
                blocks.append({"type": "tool_use", "id": part.id, "name": part.name, "input": given})
    stop = ANTHROPIC_STOP[answer.finish.reason]
    return {"type": "message", "content": blocks, "stop_reason": stop, "usage": anthropic_usage(answer)}


def sse(data: Json) -> bytes:
    name = f"event: {data['type']}\n".encode() if "type" in data else b""
    return name + b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n"


# Callers. What they have in the end: thinking, text, calls, tokens (input, cached, output), reason.

Heard = tuple[str, str, list[tuple[str, str, Any]], tuple[int, int, int], str]


def meant(answer: Answer) -> Heard:
    assert answer.usage
    assert answer.finish
    thinking = "".join(part.text for part in answer.parts if isinstance(part, Thinking))
    called = [(call.id, call.name, json.loads(call.arguments)) for call in answer.tool_calls]
    tokens = (answer.usage.input, answer.usage.cached, answer.usage.output)
    return thinking, "".join(text_of(answer)), called, tokens, answer.finish.reason.value


def text_of(answer: Answer) -> list[str]:
    return [part.text for part in answer.parts if isinstance(part, Text)]


def hear_openai(stream: bytes) -> Heard:
    events = parse(stream)
    assert events[-1].data == b"[DONE]"
    thinking, text, reason, tokens = "", "", "", (0, 0, 0)
    named: dict[int, list[Any]] = {}
    for chunk in [json.loads(event.data) for event in events[:-1]]:
        if usage := chunk.get("usage"):
            tokens = tokens_of_openai(usage)
        for choice in chunk["choices"]:
            delta = choice["delta"]
            thinking += delta.get("reasoning_content") or delta.get("reasoning") or ""
            text += delta.get("content") or ""
            for piece in delta.get("tool_calls") or ():
                call = named.setdefault(piece["index"], [piece.get("id"), piece["function"].get("name"), ""])
                call[2] += piece["function"].get("arguments") or ""
            reason = choice.get("finish_reason") or reason
    assert sorted(named) == list(range(len(named)))
    called = [(call[0], call[1], json.loads(call[2])) for _, call in sorted(named.items())]
    return thinking, text, called, tokens, reason_of(OPENAI_FINISH, reason)


def tokens_of_openai(usage: Json) -> tuple[int, int, int]:
    cached = usage["prompt_tokens_details"]["cached_tokens"]
    return usage["prompt_tokens"], cached, usage["completion_tokens"]


def hear_openai_whole(body: Json) -> Heard:
    choice = body["choices"][0]
    message = choice["message"]
    called = [
        (call["id"], call["function"]["name"], json.loads(call["function"]["arguments"]))
        for call in message.get("tool_calls") or ()
    ]
    thinking = message.get("reasoning_content") or ""
    tokens = tokens_of_openai(body["usage"])
    return (
        thinking,
        message["content"] or "",
        called,
        tokens,
        reason_of(OPENAI_FINISH, choice["finish_reason"]),
    )


def hear_anthropic(stream: bytes) -> Heard:
    message: Json = {}
    for event in [json.loads(event.data) for event in parse(stream)]:
        match event["type"]:
            case "message_start":
                message = event["message"]
            case "content_block_start":
                assert event["index"] == len(message["content"])
                message["content"].append({**event["content_block"], "json": ""})
            case "content_block_delta":
                block, delta = message["content"][event["index"]], event["delta"]
                block["text"] = block.get("text", "") + delta.get("text", "")
                block["thinking"] = block.get("thinking", "") + delta.get("thinking", "")
                block["json"] += delta.get("partial_json", "")
            case "message_delta":
                message["stop_reason"] = event["delta"]["stop_reason"]
                message["usage"] = {**message["usage"], **event["usage"]}
    for block in message["content"]:
        if block["type"] == "tool_use":
            block["input"] = json.loads(block["json"] or "{}")
    return hear_anthropic_whole(message)


def hear_anthropic_whole(message: Json) -> Heard:
    of = {
        kind: [block for block in message["content"] if block["type"] == kind]
        for kind in ("thinking", "text")
    }
    called = [
        (block["id"], block["name"], block["input"])
        for block in message["content"]
        if block["type"] == "tool_use"
    ]
    usage = message["usage"]
    cached = usage["cache_read_input_tokens"]
    tokens = (usage["input_tokens"] + cached, cached, usage["output_tokens"])
    thinking = "".join(block["thinking"] for block in of["thinking"])
    text = "".join(block["text"] for block in of["text"])
    return thinking, text, called, tokens, reason_of(ANTHROPIC_STOP, message["stop_reason"])


def reason_of(words: dict[str, str], word: str) -> str:
    return next(reason for reason, said in words.items() if said == word)


SERVERS: dict[str, Any] = {
    "openai": (openai_chat, openai_streams, openai_whole),
    "anthropic": (anthropic_messages, anthropic_streams, anthropic_whole),
}
CALLERS: dict[str, tuple[CallerDialect, Callable[[bytes], Heard], Callable[[Json], Heard]]] = {
    "openai": (openai_chat, hear_openai, hear_openai_whole),
    "anthropic": (anthropic_messages, hear_anthropic, hear_anthropic_whole),
}
kinds = st.sampled_from(sorted(SERVERS))


def decoded(decoder: EventDecoder, chunks: Sequence[bytes]) -> list[ev.Event]:
    parser = SSEParser()
    events = [event for chunk in chunks for event in decoder.feed([e for e in parser.feed(chunk) if e])]
    return [*events, *decoder.feed(parser.close()), *decoder.close()]


def split(data: st.DataObject, whole: bytes) -> list[bytes]:
    at = sorted(data.draw(st.sets(st.integers(0, len(whole)), max_size=8)))
    return [whole[a:b] for a, b in zip([0, *at], [*at, len(whole)], strict=True)]


@settings(deadline=None)
@given(answers(), kinds, kinds, st.data())
def test_a_stream_arrives_whole_s01(answer: Answer, server: str, caller: str, data: st.DataObject) -> None:
    theirs, say, _ = SERVERS[server]
    ours, hear, _ = CALLERS[caller]
    events = decoded(theirs.event_decoder(REQUEST), split(data, data.draw(say(answer))))
    assert meant(collect(events)) == meant(answer)
    encoder = ours.event_encoder(REQUEST, "id")
    stream = b"".join(encoder.encode(event) for event in events if not isinstance(event, ev.Wire))  # type: ignore[arg-type]
    assert hear(stream + encoder.close()) == meant(answer)


@settings(deadline=None)
@given(answers(), kinds, kinds)
def test_a_whole_answer_is_what_the_stream_would_have_been(answer: Answer, server: str, caller: str) -> None:
    theirs, _, say = SERVERS[server]
    ours, _, hear = CALLERS[caller]
    got = collect(theirs.decode_answer(json.loads(json.dumps(say(answer))), REQUEST))
    assert hear(ours.encode_answer(got, REQUEST, "id")) == meant(answer)


@settings(deadline=None)
@given(answers(), kinds, st.data())
def test_what_passes_arrives_whole_s01(answer: Answer, server: str, data: st.DataObject) -> None:
    """The same format on both sides, without translation: and the ledger's count is the server's."""
    theirs, say, say_whole = SERVERS[server]
    _, hear, hear_whole = CALLERS[server]
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello"}], "stream": True}
    asked = msgspec.structs.replace(REQUEST, passage=Passage(body, "id"))
    said = data.draw(say(answer))
    if server == "anthropic":
        said = said.replace(b'"message": {', b'"message": {"content": [], ')
    wires = decoded(theirs.passer(asked, "id"), split(data, said))
    assert hear(b"".join(wire.data for wire in wires if isinstance(wire, ev.Wire))) == meant(answer)
    wire = theirs.pass_answer(json.dumps(say_whole(answer)).encode(), asked, "id")
    assert hear_whole(json.loads(wire.data)) == meant(answer)
    for counted in (collect(wires).usage or wires[-1].usage, wire.usage):  # type: ignore[union-attr]
        assert counted
        assert answer.usage
        assert (counted.input, counted.output) == (answer.usage.input, answer.usage.output)
