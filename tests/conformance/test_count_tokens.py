"""`count_tokens` (conformance A32): the server's own count, its tokenizer's, or an estimate that says so."""

from collections.abc import Callable
from typing import Any

import anthropic as sdk
import httpx
import pytest

from tests.conformance import says
from tests.conformance.conftest import HELLO, Upstream
from tests.portal_process import PortalProcess

Make = Callable[..., Upstream]
PATH = "/v1/messages/count_tokens"
TOOL = {"name": "f", "input_schema": {"type": "object"}}


def count(server: Upstream, **fields: Any) -> httpx.Response:
    return server.client.post(PATH, json={"model": server.model, "messages": HELLO, **fields})


def test_an_anthropic_servers_own_count_a32(anthropic: Make, alice: Any) -> None:
    from usage.models import UsageRecord

    server = anthropic({"input_tokens": 42})
    fields = {"system": "S", "tools": [TOOL], "thinking": {"type": "enabled", "budget_tokens": 1024}}
    response = count(server, **fields, max_tokens=2048, temperature=1)
    assert (response.status_code, response.json()) == (200, {"input_tokens": 42})
    assert "x-portal-estimate" not in response.headers
    assert server.script.asked_paths == ["/v1/messages/count_tokens"]
    assert server.seen == {"model": f"theirs-{server.model}", "messages": HELLO, **fields}
    assert not UsageRecord.objects.filter(user=alice).exists()


def test_vllms_tokenizer_a32(openai: Make) -> None:
    server = openai({"count": 17, "max_model_len": 4096, "tokens": []})
    response = count(server, system="S", tools=[TOOL])
    assert response.json() == {"input_tokens": 17}
    assert server.script.asked_paths == ["/tokenize"]
    assert server.seen["messages"] == [{"role": "system", "content": "S"}, *HELLO]
    assert server.seen["tools"][0]["function"]["name"] == "f"


def test_llama_cpps_tokenizer_a32(openai: Make) -> None:
    server = openai(
        by_path={"/tokenize": {"tokens": [1, 2, 3]}, "/apply-template": {"prompt": "<user>Hello"}}
    )
    response = count(server)
    assert response.json() == {"input_tokens": 3}
    assert "x-portal-estimate" not in response.headers
    assert server.seen["content"] == "<user>Hello"


@pytest.mark.parametrize("fields", [{"status": 404}, {"status": 500}, {"answer": b"<html>"}, {"answer": {}}])
def test_an_estimate_says_so_a32(openai: Make, fields: dict[str, Any]) -> None:
    server = openai(**{"answer": says.openai(), **fields})
    response = count(server)
    assert response.status_code == 200
    assert response.headers["x-portal-estimate"] == "true"
    assert 5 < response.json()["input_tokens"] < 100


def test_what_the_server_refuses_is_refused_a32(anthropic: Make) -> None:
    server = anthropic({"type": "error", "error": {"message": "its reason"}}, status=400)
    response = count(server)
    assert (response.status_code, response.json()["error"]["type"]) == (400, "invalid_request_error")
    assert "its reason" in response.text


@pytest.mark.parametrize("path", ["/messages/count_tokens", "/messages/count_tokens/", f"{PATH}/"])
@pytest.mark.parametrize("front", ["portal", "portal_without_fast_path"])
def test_every_spelling_and_the_sdk_a32(
    caller: httpx.Client, request: pytest.FixtureRequest, front: str, path: str
) -> None:
    running: PortalProcess = request.getfixturevalue(front)
    model, key = "Waymore-A1-Instruct-1011", caller.headers["x-api-key"]
    told = httpx.post(
        running.api + path, json={"model": model, "messages": HELLO}, headers={"x-api-key": key}
    )
    with sdk.Anthropic(base_url=running.api, api_key=key) as client:
        counted = client.messages.count_tokens(model=model, messages=HELLO)  # type: ignore[arg-type]
    assert told.json() == {"input_tokens": counted.input_tokens}
    assert counted.input_tokens > 0


def test_it_is_what_an_answer_would_count_a32(caller: httpx.Client) -> None:
    body = {"model": "Waymore-A1-Instruct-1011", "messages": HELLO, "system": "Be kind."}
    answer = caller.post("/v1/messages", json={**body, "max_tokens": 5}).json()
    assert caller.post(PATH, json=body).json()["input_tokens"] == answer["usage"]["input_tokens"]


def test_it_refuses_a32(caller: httpx.Client, portal: PortalProcess, alice: Any, make_key: Any) -> None:
    def told(body: Any, **headers: str) -> tuple[int, str]:
        response = caller.post(PATH, json=body, headers=headers)
        return response.status_code, response.json()["error"]["type"]

    good = {"model": "Waymore-A1-Instruct-1011", "messages": HELLO}
    assert told({**good, "messages": []}) == (400, "invalid_request_error")
    assert told({**good, "model": "nobody's"}) == (404, "not_found_error")
    assert told(good, **{"x-api-key": "sk-wrong"}) == (401, "authentication_error")
    assert told(good, **{"x-api-key": make_key(alice, "embeddings")}) == (403, "permission_error")
