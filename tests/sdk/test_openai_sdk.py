"""The unchanged `openai` SDK against the portal."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.portal_process import PortalProcess

MODEL = "Waymore-A1-Instruct-1011"
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather for a given location",
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string"}},
            "required": ["location"],
        },
    },
}


@pytest.fixture(params=["/api", "/api/v1"])
def client(request: pytest.FixtureRequest, portal: PortalProcess, secret: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=portal.url + request.param, api_key=secret, max_retries=0) as client:
        yield client


def user(text: str) -> Any:
    return [{"role": "user", "content": text}]


def test_it_works(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=user("Repeat after me: Καλημέρα 👋"))
    assert answer.choices[0].message.content == "Καλημέρα 👋"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_it_streams(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=user("Count to 30"), stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text.endswith("29 30")
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 30
    assert len({chunk.id for chunk in chunks}) == 1


@pytest.mark.parametrize("stream", [True, False])
def test_a_tool_call_goes_round(client: openai.OpenAI, stream: bool) -> None:
    messages = user("What is the weather in Athens, Greece?")
    if stream:
        with client.chat.completions.stream(model=MODEL, messages=messages, tools=[WEATHER]) as events:
            answer: Any = events.get_final_completion()
    else:
        answer = client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER])
    assert answer.choices[0].finish_reason == "tool_calls"
    call = answer.choices[0].message.tool_calls[0]
    assert (call.function.name, call.function.arguments) == ("get_weather", '{"location":"Athens, Greece"}')
    result = {"role": "tool", "tool_call_id": call.id, "content": '{"temperature": 18}'}
    message = {"role": "assistant", "tool_calls": [call.model_dump()]}
    final = client.chat.completions.create(
        model=MODEL, messages=[*messages, message, result], tools=[WEATHER]
    )
    assert "temperature 18" in (final.choices[0].message.content or "")


def test_it_lists_models(client: openai.OpenAI) -> None:
    assert MODEL in [model.id for model in client.models.list()]
    assert client.models.retrieve(MODEL).id == MODEL


def test_errors_are_the_sdks_own_o31(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="nope", messages=user("x"))
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model=MODEL, messages=[])
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="sk-wm-wrong").models.list()
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="x").chat.completions.create(model=MODEL, messages=user("x"))
