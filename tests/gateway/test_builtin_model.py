"""The built-in model: honest, deterministic, useful."""

import time
from typing import Any

import msgspec
import pytest

from chat.gateway import events as ev
from chat.gateway.collect import Answer, collect
from chat.gateway.request import (
    Document,
    Message,
    OutputFormat,
    Request,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolMode,
    ToolResult,
)
from chat.gateway.upstreams.builtin import BuiltinUpstream
from tests import asynchronous

WEATHER = Tool(
    "get_weather",
    {
        "type": "object",
        "properties": {
            "location": {"type": "string"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        },
        "required": ["location"],
    },
    "Get the current weather for a given location",
)


def events(text: str = "Hello", *parts: Any, **fields: Any) -> list[ev.Event]:
    message = Message("user", (*parts, Text(text)))
    request = Request("m", fields.pop("messages", (message,)), **fields)

    async def run() -> list[ev.Event]:
        return [event async for batch in BuiltinUpstream(delay=0).call(request, "builtin") for event in batch]

    return asynchronous.run(run())


def answer(text: str = "Hello", *parts: Any, **fields: Any) -> Answer:
    return collect(events(text, *parts, **fields))


def test_it_says_what_it_is() -> None:
    assert "built-in model" in answer("Hello").text


def test_it_answers_from_the_tutorials() -> None:
    assert "`sk-" not in answer("How do I create an API key?").text
    assert "Create new key" in answer("How do I create an API key?").text
    assert "PORTAL_UPSTREAM_URL" in answer("How do I connect a model server?").text
    assert '"stream": true' in answer("Show me how to stream an answer from the API.").text


def test_it_finds_them_in_german_and_greek() -> None:
    for question in ("Wie erstelle ich einen API-Schlüssel?", "Πώς δημιουργώ ένα κλειδί API;"):
        assert "Create new key" in answer(question).text
    for question in ("Wie verbinde ich einen Modellserver?", "Πώς συνδέω έναν διακομιστή μοντέλων;"):
        assert "PORTAL_UPSTREAM_URL" in answer(question).text


def test_it_admits_what_it_cannot_answer() -> None:
    assert "I cannot say anything useful about “Who won in 1997?”" in answer("Who won in 1997?").text


def test_it_streams_token_by_token_and_counts_them() -> None:
    deltas = [event for event in events("Count to 50", stream=True) if isinstance(event, ev.TextDelta)]
    usage = answer("Count to 50").usage
    assert "".join(event.text for event in deltas).endswith("49 50")
    assert usage is not None
    assert usage.output == len(deltas) == 50


def test_it_stops_at_the_limit_and_at_stop_sequences() -> None:
    limited = answer("Count to 50", sampling=Sampling(max_tokens=3))
    assert (limited.text, limited.finish) == ("1 2 3", ev.Finish(ev.StopReason.LENGTH))
    stopped = answer("Count to 50", sampling=Sampling(stop=("7", "5")))
    assert (stopped.text, stopped.finish) == ("1 2 3 4 ", ev.Finish(ev.StopReason.STOP_SEQUENCE, "5"))


def test_it_calls_a_fitting_tool() -> None:
    said = answer("What is the weather in Athens, Greece? In celsius.", tools=(WEATHER,))
    assert [msgspec.json.decode(call.arguments) for call in said.tool_calls] == [
        {"location": "Athens, Greece", "unit": "celsius"}
    ]
    assert said.finish == ev.Finish(ev.StopReason.TOOL_CALLS)


def test_it_calls_once_for_each_thing_named() -> None:
    said = answer("What is the weather in Athens and in Paris?", tools=(WEATHER,))
    assert [msgspec.json.decode(call.arguments)["location"] for call in said.tool_calls] == [
        "Athens",
        "Paris",
    ]
    assert len({call.id for call in said.tool_calls}) == 2


@pytest.mark.parametrize(
    ("text", "choice", "calls"),
    [
        ("What is the weather?", ToolChoice(ToolMode.NONE), 0),
        ("Tell me a story.", ToolChoice(ToolMode.AUTO), 0),
        ("Tell me a story.", ToolChoice(ToolMode.REQUIRED), 1),
        ("Tell me a story.", ToolChoice(ToolMode.REQUIRED, "get_weather"), 1),
    ],
)
def test_it_obeys_tool_choice(text: str, choice: ToolChoice, calls: int) -> None:
    assert len(answer(text, tools=(WEATHER,), tool_choice=choice).tool_calls) == calls


def test_it_tells_what_a_tool_returned() -> None:
    messages = (
        Message("user", (Text("What is the weather in Athens?"),)),
        Message("assistant", (ToolCall("1", "get_weather", '{"location":"Athens"}'),)),
        Message("user", (ToolResult("1", (Text('{"temperature": 22, "condition": "Sunny"}'),)),)),
    )
    said = answer(messages=messages, tools=(WEATHER,))
    assert said.text == "`get_weather` says for Athens: temperature 22, condition Sunny."


def test_it_reads_attached_text() -> None:
    document = Document("text/plain", text="The first sentence. The second one.", name="notes.txt")
    assert "**notes.txt** has 6 words" in answer("Summarise this.", document).text


NESTED = {
    "type": "object",
    "properties": {
        "who": {"$ref": "#/$defs/person"},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 3}, "minItems": 2},
        "count": {"type": "integer", "minimum": 5, "multipleOf": 4},
        "maybe": {"anyOf": [{"type": "null"}, {"type": "number", "maximum": -1}]},
        "kind": {"const": "x"},
    },
    "required": ["who", "tags", "count", "maybe", "kind"],
    "$defs": {"person": {"type": "object", "properties": {"on": {"type": "boolean"}}, "required": ["on"]}},
}


def test_structured_output_fits_its_schema() -> None:
    value = msgspec.json.decode(answer("Hello", output_format=OutputFormat(NESTED)).text)
    assert value["who"] == {"on": True}
    assert len(value["tags"]) == 2
    assert all(len(tag) <= 3 for tag in value["tags"])
    assert value["count"] == 8
    assert value["maybe"] <= -1
    assert value["kind"] == "x"


@pytest.mark.parametrize(
    "schema", [{"$ref": "#"}, {"type": "object", "properties": {"a": {"$ref": "#"}}}, {}]
)
def test_an_endless_schema_ends(schema: dict[str, Any]) -> None:
    must = ToolChoice(ToolMode.REQUIRED)
    assert answer("Use it", tools=(Tool("use", schema),), tool_choice=must).tool_calls


_MANY = {f"p{number}": {"$ref": "#"} for number in range(40)}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": _MANY, "required": list(_MANY)},
        {"type": "object", "properties": {"a": {"type": "array", "minItems": 10**12}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"type": "string", "minLength": 10**12}}, "required": ["a"]},
        {"type": "object", "properties": ["a"], "required": 5},
        {"type": "object", "properties": {"a": {"minimum": "x", "type": "integer"}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"minimum": 1e308, "multipleOf": 1e-9}}, "required": ["a"]},
        {"anyOf": 5},
        {"allOf": [1]},
    ],
)
def test_a_hostile_schema_costs_nothing_b02(schema: dict[str, Any]) -> None:
    """It comes from the caller, and is followed in the event loop."""
    must = ToolChoice(ToolMode.REQUIRED)
    begun = time.process_time()
    calls = answer("Use it", tools=(Tool("use", schema),), tool_choice=must).tool_calls
    assert len(calls[0].arguments) < 50_000
    answer("Use it", output_format=OutputFormat(schema))
    assert time.process_time() - begun < 1


def test_it_calls_a_tool_some_times_only() -> None:
    must = ToolChoice(ToolMode.REQUIRED)
    said = "What is the weather in Athens" + " and in Paris" * 10_000
    assert len(answer(said, tools=(WEATHER,), tool_choice=must).tool_calls) == 16


@pytest.mark.parametrize("data", ["A", "é"])
def test_a_document_that_is_no_base64_is_not_read(data: str) -> None:
    assert "not plain text" in answer("Read it", Document("text/plain", data=data)).text
