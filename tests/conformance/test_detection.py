"""Which format is spoken (conformance D)."""

from typing import Any

import httpx
import pytest

MODEL = "Waymore-A1-Instruct-1011"
HELLO = [{"role": "user", "content": "Hello"}]
SCHEMA = {"type": "object", "properties": {"location": {"type": "string"}}}
ANTHROPIC_TOOL = {"name": "get_weather", "input_schema": SCHEMA}
OPENAI_TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
USE = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
THINKING = {"type": "enabled", "budget_tokens": 1024}
DOCUMENT = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}


def user(*blocks: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": list(blocks)}]


BODIES: list[tuple[str, dict[str, Any], str]] = [
    ("D03 system string", {"system": "Be kind."}, "anthropic"),
    ("D03 system blocks", {"system": [{"type": "text", "text": "Be kind."}]}, "anthropic"),
    ("D04 input_schema", {"tools": [ANTHROPIC_TOOL]}, "anthropic"),
    ("D04 function", {"tools": [OPENAI_TOOL]}, "openai"),
    ("D05 any", {"tool_choice": {"type": "any"}, "tools": [ANTHROPIC_TOOL]}, "anthropic"),
    ("D05 none", {"tool_choice": {"type": "none"}}, "anthropic"),
    ("D05 string", {"tool_choice": "auto"}, "openai"),
    ("D05 function", {"tool_choice": {"type": "function", "function": {"name": "get_weather"}},
                      "tools": [OPENAI_TOOL]}, "openai"),
    ("D06 tool_use", {"messages": [
        *HELLO, {"role": "assistant", "content": [USE]},
        *user({"type": "tool_result", "tool_use_id": "t", "content": "1"})]}, "anthropic"),
    ("D06 image", {"messages": user(IMAGE)}, "anthropic"),
    ("D06 thinking", {"messages": [
        *HELLO, {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm", "signature": "s"}]},
        *HELLO]}, "anthropic"),
    ("D06 document", {"messages": user(
        DOCUMENT)}, "anthropic"),
    ("D06 image_url", {"messages": user(
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}})}, "openai"),
    ("D06 system role", {"messages": [{"role": "system", "content": "Be kind."}, *HELLO]}, "openai"),
    ("D06 developer role", {"messages": [{"role": "developer", "content": "Be kind."}, *HELLO]}, "openai"),
    ("D06 tool_calls", {"messages": [
        *HELLO, {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c", "content": "1"}]}, "openai"),
    ("D07 stop_sequences", {"stop_sequences": ["X"]}, "anthropic"),
    ("D07 thinking", {"thinking": THINKING, "max_tokens": 2048}, "anthropic"),
    ("D07 top_k with max_tokens", {"top_k": 5, "max_tokens": 9}, "anthropic"),
    ("D07 metadata.user_id", {"metadata": {"user_id": "u"}}, "anthropic"),
    ("D07 not beside stop", {"top_k": 5, "max_tokens": 9, "stop": "X"}, "openai"),
    ("D08 bare", {}, "openai"),
    ("D08 max_tokens", {"max_tokens": 9, "temperature": 0.5}, "openai"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "fields", "format_"), BODIES, ids=[name for name, *_ in BODIES])
def test_the_body_tells(caller: httpx.Client, name: str, fields: dict[str, Any], format_: str) -> None:
    """D03, D04, D05, D06, D07, D08; D13: every answer says the verdict."""
    response = caller.post("/chat/completions", json={"model": MODEL, "messages": HELLO, **fields})
    assert response.status_code == 200, response.text
    assert response.headers["x-portal-format"] == format_
    assert ("choices" in response.json()) == (format_ == "openai")


@pytest.mark.parametrize("path", ["/messages", "/v1/messages", "/v1/messages/"])
def test_the_address_tells_d01(caller: httpx.Client, path: str) -> None:
    response = caller.post(path, json={"model": MODEL, "max_tokens": 9, "messages": HELLO})
    assert response.json()["type"] == "message"
    assert response.headers["x-portal-format"] == "anthropic"


def test_the_version_header_tells_d02(caller: httpx.Client) -> None:
    headers = {"anthropic-version": "2023-06-01"}
    response = caller.post("/chat/completions", json={"model": MODEL, "messages": HELLO}, headers=headers)
    assert response.json()["type"] == "message"


BOTH = {"tools": [ANTHROPIC_TOOL], "messages": [
    *HELLO, {"role": "assistant", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c", "content": "1"}]}  # fmt: skip


def test_evidence_for_both_is_refused_d09(caller: httpx.Client) -> None:
    response = caller.post("/chat/completions", json={"model": MODEL, **BOTH})
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert "tools[0].input_schema" in error["message"]
    assert "messages[" in error["message"]


@pytest.mark.parametrize("name", ["x-api-key", "authorization"])
def test_the_kind_of_key_says_nothing_d10(caller: httpx.Client, name: str) -> None:
    key = caller.headers["x-api-key"]
    headers = {"x-api-key": key} if name == "x-api-key" else {"authorization": f"Bearer {key}"}
    for path, format_ in (("/chat/completions", "openai"), ("/messages", "anthropic")):
        body = {"model": MODEL, "max_tokens": 5, "messages": HELLO}
        response = httpx.post(f"{caller.base_url}{path[1:]}", json=body, headers=headers)
        assert (response.status_code, response.headers["x-portal-format"]) == (200, format_)


@pytest.mark.parametrize("body", [b"{", b"[]", b""])
def test_errors_before_detection_d11(caller: httpx.Client, body: bytes) -> None:
    assert "param" in caller.post("/chat/completions", content=body).json()["error"]
    for path, headers in (("/messages", {}), ("/chat/completions", {"anthropic-version": "2023-06-01"})):
        assert caller.post(path, content=body, headers=headers).json()["type"] == "error"


def test_no_key_is_told_in_the_stated_format_d11(caller: httpx.Client) -> None:
    base = str(caller.base_url).rstrip("/")
    assert httpx.post(f"{base}/messages", json={}).json()["error"]["type"] == "authentication_error"
    assert httpx.post(f"{base}/chat/completions", json={}).json()["error"]["code"] == "invalid_api_key"


WEATHER = "What is the weather in Athens?"
EXAMPLES: list[tuple[str, dict[str, Any], str]] = [
    ("first completion", {"messages": [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "What is machine learning?"}]}, "openai"),
    ("from OpenAI", {}, "openai"),
    ("from Claude", {"max_tokens": 1024, "system": "You are a helpful assistant."}, "anthropic"),
    ("Claude's tools", {"max_tokens": 256, "tools": [ANTHROPIC_TOOL],
                        "messages": [{"role": "user", "content": WEATHER}]}, "anthropic"),
    ("Claude's results", {"max_tokens": 256, "tools": [ANTHROPIC_TOOL], "messages": [
        {"role": "user", "content": WEATHER},
        {"role": "assistant", "content": [
            {"type": "text", "text": "I'll check."},
            {"type": "tool_use", "id": "toolu_01", "name": "get_weather", "input": {"location": "Athens"}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "toolu_01", "content": "{\"temperature\": 22}"}]}]},
     "anthropic"),
    ("tools", {"tools": [OPENAI_TOOL], "tool_choice": "auto"}, "openai"),
    ("tool results", {"tools": [OPENAI_TOOL], "messages": [
        {"role": "user", "content": WEATHER},
        {"role": "assistant", "content": "I'll check.", "tool_calls": [
            {"id": "functions.get_weather:0", "type": "function",
             "function": {"name": "get_weather", "arguments": "{\"location\": \"Athens\"}"}}]},
        {"role": "tool", "tool_call_id": "functions.get_weather:0", "content": "{\"temperature\": 18}"}]},
     "openai"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "fields", "format_"), EXAMPLES, ids=[name for name, *_ in EXAMPLES])
def test_the_tutorials_examples_d12(
    caller: httpx.Client, name: str, fields: dict[str, Any], format_: str
) -> None:
    response = caller.post("/chat/completions", json={"model": MODEL, "messages": HELLO, **fields})
    assert response.status_code == 200, response.text
    assert response.headers["x-portal-format"] == format_


@pytest.mark.parametrize("format_", ["openai", "anthropic"])
def test_the_caller_may_say_so_d13(caller: httpx.Client, format_: str) -> None:
    body = {"model": MODEL, "max_tokens": 5, "messages": HELLO}
    response = caller.post("/chat/completions", json=body, headers={"x-portal-format": format_})
    assert response.headers["x-portal-format"] == format_
    assert ("choices" in response.json()) == (format_ == "openai")
