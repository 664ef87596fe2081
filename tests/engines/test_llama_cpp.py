"""A real engine behind the portal: llama.cpp's own server, driven by SDKs and a browser.

It speaks both formats; each test runs with the portal calling it in the one and in the other.
"""

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import pytest
from playwright.sync_api import Page, expect

from chat.gateway.sse import SSEParser
from tests import profile
from tests.conftest import PASSWORD
from tests.engines.llama import TOKEN_Z, LlamaServer, llama_server
from tests.portal_process import PortalProcess, manage, serve

MODEL = "Waymore-A1-Instruct-1011"
EMAIL = "engineer@example.org"
PATHS = {"openai": "/chat/completions", "anthropic": "/v1/messages"}
HELLO: Any = [{"role": "user", "content": "Hello"}]


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    with llama_server(tmp_path_factory.mktemp("llama")) as server:
        yield server


@pytest.fixture(scope="session", params=["openai", "anthropic"])
def llama_portal(engine: LlamaServer, request: pytest.FixtureRequest) -> Iterator[PortalProcess]:
    """A portal of its own, connected the way the README says; people and keys by its commands."""
    kind = request.param
    connected = {"PORTAL_UPSTREAM_URL": engine.base_url, "PORTAL_UPSTREAM_KIND": kind}
    variables = {**profile.environment(f"llama_{kind}"), **connected}
    profile.create_migrated(variables)
    manage(variables, "prepare")
    manage(variables, "create_user", "--email", EMAIL, "--password", PASSWORD)
    with serve(variables) as running:
        yield running
    profile.drop_database(variables)


@pytest.fixture(scope="session")
def llama_key(llama_portal: PortalProcess) -> str:
    arguments = ["--email", EMAIL, "--name", "SDKs", "--permission", "chat"]
    return llama_portal.manage("create_api_key", *arguments).strip()


@pytest.fixture(scope="session")
def openai_client(llama_portal: PortalProcess, llama_key: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=llama_portal.api, api_key=llama_key, max_retries=0) as client:
        yield client


@pytest.fixture(scope="session")
def anthropic_client(llama_portal: PortalProcess, llama_key: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=llama_portal.api, api_key=llama_key, max_retries=0) as client:
        yield client


def direct(engine: LlamaServer, **fields: Any) -> dict[str, Any]:
    body = {"model": engine.model, "messages": HELLO, "temperature": 0, "seed": 7, **fields}
    return dict(httpx.post(f"{engine.base_url}/v1/chat/completions", json=body, timeout=60).json())


def test_the_answer_and_its_usage_are_the_engines_own(
    openai_client: openai.OpenAI, engine: LlamaServer
) -> None:
    theirs = direct(engine, max_tokens=24)
    ours = openai_client.chat.completions.create(
        model=MODEL, messages=HELLO, max_tokens=24, temperature=0, seed=7
    )
    assert ours.model == MODEL
    assert ours.choices[0].message.content == theirs["choices"][0]["message"]["content"]
    assert ours.choices[0].finish_reason == theirs["choices"][0]["finish_reason"] == "length"
    assert ours.usage is not None
    assert ours.usage.prompt_tokens == theirs["usage"]["prompt_tokens"]
    assert ours.usage.completion_tokens == theirs["usage"]["completion_tokens"] == 24


def test_it_streams_through(openai_client: openai.OpenAI, engine: LlamaServer) -> None:
    stream = openai_client.chat.completions.create(
        model=MODEL, messages=HELLO, max_tokens=24, temperature=0, seed=7,
        stream=True, stream_options={"include_usage": True},
    )  # fmt: skip
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == direct(engine, max_tokens=24)["choices"][0]["message"]["content"]
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 24


def test_an_anthropic_caller_gets_the_same(
    anthropic_client: anthropic.Anthropic, openai_client: openai.OpenAI
) -> None:
    question: Any = {"model": MODEL, "max_tokens": 12, "messages": HELLO, "extra_body": {"temperature": 0}}
    message = anthropic_client.messages.create(**question)
    other = openai_client.chat.completions.create(**question)
    streamed = stream_anthropic(anthropic_client, question)
    assert message.content[0].text == streamed.content[0].text == other.choices[0].message.content
    assert message.stop_reason == streamed.stop_reason == "max_tokens"
    assert message.usage.output_tokens == streamed.usage.output_tokens == 12
    usage = message.usage
    assert other.usage is not None
    assert usage.input_tokens + (usage.cache_read_input_tokens or 0) == other.usage.prompt_tokens


def stream_anthropic(client: anthropic.Anthropic, question: Any) -> Any:
    with client.messages.stream(**question) as stream:
        return stream.get_final_message()


def test_a_field_only_the_engine_understands_is_never_lost(
    openai_client: openai.OpenAI, llama_portal: PortalProcess
) -> None:
    """O03, O07: a bias towards one token leaves it nothing else to say, or is refused by name."""
    question: Any = {"model": MODEL, "messages": HELLO, "max_tokens": 5, "logit_bias": {str(TOKEN_Z): 100}}
    if llama_portal.variables["PORTAL_UPSTREAM_KIND"] == "anthropic":
        with pytest.raises(openai.BadRequestError, match="logit_bias"):
            openai_client.chat.completions.create(**question)
    else:
        answer = openai_client.chat.completions.create(**question)
        assert answer.choices[0].message.content == "zzzzz"


UNIT: Any = {"type": "object", "properties": {"unit": {"type": "string", "enum": ["celsius", "kelvin"]}}}
UNIT |= {"required": ["unit"]}
OPENAI_TOOL: Any = {"type": "function", "function": {"name": "set_unit", "parameters": UNIT}}
ANTHROPIC_TOOL: Any = {"name": "set_unit", "input_schema": UNIT}


@pytest.mark.parametrize("stream", [True, False])
def test_the_engines_tool_call_reaches_an_openai_caller(openai_client: openai.OpenAI, stream: bool) -> None:
    question: Any = {"model": MODEL, "messages": HELLO, "tools": [OPENAI_TOOL], "max_tokens": 400}
    if stream:
        with openai_client.chat.completions.stream(**question) as events:
            answer: Any = events.get_final_completion()
    else:
        answer = openai_client.chat.completions.create(**question)
    call = answer.choices[0].message.tool_calls[0]
    assert answer.choices[0].finish_reason == "tool_calls"
    assert call.function.name == "set_unit"
    assert json.loads(call.function.arguments)["unit"] in ("celsius", "kelvin")


@pytest.mark.parametrize("stream", [True, False])
def test_the_engines_tool_call_reaches_an_anthropic_caller(
    anthropic_client: anthropic.Anthropic, stream: bool
) -> None:
    question: Any = {"model": MODEL, "messages": HELLO, "tools": [ANTHROPIC_TOOL], "max_tokens": 400}
    if stream:
        message = stream_anthropic(anthropic_client, question)
    else:
        message = anthropic_client.messages.create(**question)
    call = message.content[-1]
    assert (message.stop_reason, call.type, call.name) == ("tool_use", "tool_use", "set_unit")
    assert call.input["unit"] in ("celsius", "kelvin")


def test_input_is_counted_as_the_engine_counts_a32(anthropic_client: anthropic.Anthropic) -> None:
    asked: Any = {"model": MODEL, "messages": HELLO, "system": "Be kind.", "tools": [ANTHROPIC_TOOL]}
    counted = anthropic_client.messages.count_tokens(**asked).input_tokens
    usage = anthropic_client.messages.create(**asked, max_tokens=400).usage
    assert counted == usage.input_tokens + (usage.cache_read_input_tokens or 0)


def test_the_engine_stops_when_the_caller_leaves(
    llama_portal: PortalProcess, llama_key: str, engine: LlamaServer, eventually: Callable[..., Any]
) -> None:
    headers = {"authorization": f"Bearer {llama_key}"}
    body = {"model": MODEL, "messages": HELLO, "stream": True, "max_tokens": 1_000_000}
    with httpx.stream("POST", llama_portal.api + "/chat/completions", headers=headers, json=body) as response:
        lines = response.iter_lines()
        next(lines)
        assert any(slot["is_processing"] for slot in slots(engine))
    eventually(lambda: not any(slot["is_processing"] for slot in slots(engine)))


@pytest.mark.parametrize("wire", PATHS)
def test_what_came_before_the_caller_left_is_counted_by_the_engine(
    llama_portal: PortalProcess,
    llama_key: str,
    engine: LlamaServer,
    eventually: Callable[..., Any],
    wire: str,
) -> None:
    """The engine stands still while the rest arrives, so that caller and portal have the same text."""
    headers = {"x-api-key": llama_key}
    body = {"model": MODEL, "messages": HELLO, "stream": True, "max_tokens": 1_000_000}
    url = llama_portal.api + PATHS[wire]
    with standing_still(engine) as stop:
        patience = httpx.Timeout(30, read=1)
        with httpx.stream("POST", url, headers=headers, json=body, timeout=patience) as response:
            data = b""
            with suppress(httpx.ReadTimeout):
                for piece in response.iter_raw():
                    data += piece
                    if len(data) > 20_000:
                        stop()
        time.sleep(0.3)
    row = eventually(lambda: settled(llama_portal, llama_key, response.headers["x-request-id"]))
    assert (row["status"], row["tokensSource"]) == ("cancelled", "counted")
    assert row["outputTokens"] == tokens_of(engine, said_in(wire, data)) > 20
    assert row["inputTokens"] == direct(engine, max_tokens=1)["usage"]["prompt_tokens"]


@contextmanager
def standing_still(engine: LlamaServer) -> Iterator[Callable[[], None]]:
    """From the moment that it is told to until the end."""
    try:
        yield lambda: engine.process.send_signal(signal.SIGSTOP)
    finally:
        engine.process.send_signal(signal.SIGCONT)


def settled(portal: PortalProcess, key: str, request_id: str) -> Any:
    """The record, once it is final."""
    latest = httpx.get(f"{portal.api}/usage/requests", headers={"x-api-key": key}).json()["data"]
    return next((row for row in latest if row["id"] == request_id and row["status"] != "open"), None)


def said_in(wire: str, data: bytes) -> str:
    events = [json.loads(event.data) for event in SSEParser().feed(data)]
    if wire == "openai":
        return "".join(event["choices"][0]["delta"].get("content") or "" for event in events)
    return "".join(event.get("delta", {}).get("text", "") for event in events)


def tokens_of(engine: LlamaServer, text: str) -> int:
    asked = {"content": text, "add_special": False}
    return len(httpx.post(f"{engine.base_url}/tokenize", json=asked).json()["tokens"])


def slots(engine: LlamaServer) -> list[dict[str, Any]]:
    return list(httpx.get(f"{engine.base_url}/slots").json())


def test_the_browser_shows_what_the_engine_says(
    page: Page, llama_portal: PortalProcess, llama_key: str, engine: LlamaServer
) -> None:
    """Until it is stopped; what was said is counted by the engine."""
    page.goto(f"{llama_portal.url}/login")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/chat")
    expect(page.locator(".banner")).to_have_count(0)
    page.locator("#composer-input").fill("Hello")
    page.keyboard.press("Enter")
    answer = page.locator('.turn[data-role="assistant"]')
    expect(answer.locator("[data-block]")).to_have_count(1)
    page.locator("#stop").click()
    expect(answer).to_have_attribute("data-status", "stopped")
    assert len(answer.locator(".answer").inner_text()) > 0
    session = page.url.rpartition("/")[2]
    headers = {"x-api-key": llama_key}
    messages = f"{llama_portal.api}/chat/sessions/{session}/messages"
    told = httpx.get(messages, headers=headers).json()["data"][0]
    row = settled(llama_portal, llama_key, told["requestId"])
    assert (row["status"], row["tokensSource"]) == ("cancelled", "counted")
    assert row["outputTokens"] == told["outputTokens"] == tokens_of(engine, told["content"]) > 0


def test_an_engine_that_is_gone_is_a_clear_error(tmp_path: Path) -> None:
    with llama_server(tmp_path) as engine:
        variables = {**profile.environment("gone"), "PORTAL_UPSTREAM_URL": engine.base_url}
        profile.create_migrated(variables)
        manage(variables, "prepare")
        manage(variables, "create_user", "--email", EMAIL, "--password", PASSWORD)
        arguments = ["--email", EMAIL, "--name", "k", "--permission", "chat"]
        key = manage(variables, "create_api_key", *arguments).strip()
    with serve(variables) as portal:
        headers = {"authorization": f"Bearer {key}"}
        body = {"model": MODEL, "messages": HELLO}
        response = httpx.post(portal.api + "/chat/completions", headers=headers, json=body)
        stats = httpx.get(portal.api + "/usage/summary", headers=headers).json()["stats"]
    profile.drop_database(variables)
    assert (response.status_code, response.json()["error"]["type"]) == (502, "upstream_error")
    assert engine.base_url.partition("//")[2] not in response.text
    assert (stats["totalRequests"], stats["errorRate"], stats["totalTokens"]) == (1, 100, 0)
