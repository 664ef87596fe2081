"""The unchanged `anthropic` SDK against the portal."""

from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from tests.portal_process import PortalProcess

MODEL = "Waymore-A1-Instruct-1011"
WEATHER: Any = {
    "name": "get_weather",
    "description": "Get the current weather for a location",
    "input_schema": {
        "type": "object",
        "properties": {"location": {"type": "string"}},
        "required": ["location"],
    },
}


@pytest.fixture
def client(portal: PortalProcess, secret: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=portal.api, api_key=secret, max_retries=0) as client:
        yield client


def ask(text: str, **fields: Any) -> Any:
    return {"model": MODEL, "max_tokens": 300, "messages": [{"role": "user", "content": text}], **fields}


def test_it_works(client: anthropic.Anthropic) -> None:
    message = client.messages.create(**ask("Repeat after me: Hello", system="You are a helpful assistant."))
    assert message.content[0].text == "Hello"
    assert (message.stop_reason, message.usage.output_tokens) == ("end_turn", 1)
    assert message.usage.input_tokens > 0


def test_it_streams_what_it_would_have_said_whole_a26(client: anthropic.Anthropic) -> None:
    whole = client.messages.create(**ask("Count to 30"))
    with client.messages.stream(**ask("Count to 30")) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    assert len(pieces) == 30
    assert final.content[0].text == whole.content[0].text
    assert final.usage.output_tokens == whole.usage.output_tokens == 30


@pytest.mark.parametrize("stream", [True, False])
def test_a_tool_call_goes_round(client: anthropic.Anthropic, stream: bool) -> None:
    question = ask("What is the weather in Athens and in Paris?", tools=[WEATHER])
    if stream:
        with client.messages.stream(**question) as events:
            message: Any = events.get_final_message()
    else:
        message = client.messages.create(**question)
    calls = [block for block in message.content if block.type == "tool_use"]
    assert message.stop_reason == "tool_use"
    assert [call.input for call in calls] == [{"location": "Athens"}, {"location": "Paris"}]
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": "Sunny"} for call in calls]
    turns = [
        *question["messages"],
        {"role": "assistant", "content": [block.model_dump() for block in message.content]},
        {"role": "user", "content": results},
    ]
    final = client.messages.create(**{**question, "messages": turns})
    said = [f"`get_weather` says for {city}: Sunny" for city in ("Athens", "Paris")]
    assert final.content[0].text == "\n\n".join(said)


def test_limits_have_their_stop_reasons_a11(client: anthropic.Anthropic) -> None:
    assert client.messages.create(**ask("Count to 9", max_tokens=3)).stop_reason == "max_tokens"
    stopped = client.messages.create(**ask("Count to 9", stop_sequences=["5"]))
    assert (stopped.stop_reason, stopped.stop_sequence) == ("stop_sequence", "5")


def test_it_lists_models(client: anthropic.Anthropic) -> None:
    assert MODEL in [model.id for model in client.models.list()]


def test_errors_are_the_sdks_own_a31(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(**ask("x", model="nope"))
    with pytest.raises(anthropic.BadRequestError):
        client.messages.create(**ask("x", messages=[]))
    with pytest.raises(anthropic.AuthenticationError):
        client.with_options(api_key="x").messages.create(**ask("x"))
