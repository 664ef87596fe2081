"""Image generation over HTTP, at a server that does it."""

from collections.abc import Callable
from typing import Any

import httpx
import openai as sdk
import pytest

from tests.conformance.conftest import Upstream
from tests.portal_process import PortalProcess

Make = Callable[..., Upstream]
PATH = "/images/generations"
ANSWER = {
    "created": 1_700_000_000,
    "data": [{"b64_json": "iVBORw0KGgo=", "revised_prompt": "A small cat"}],
    "usage": {"input_tokens": 9, "output_tokens": 272, "total_tokens": 281},
}


def row_of(user: Any) -> Any:
    from usage.models import UsageRecord

    return UsageRecord.objects.get(user=user)


def test_the_sdk_works_unchanged(openai: Make, portal: PortalProcess, alice: Any) -> None:
    server = openai(ANSWER)
    with sdk.OpenAI(base_url=portal.api, api_key=server.client.headers["x-api-key"]) as client:
        answer = client.images.generate(model=server.model, prompt="A cat", n=1, size="1024x1024")
    assert answer.data is not None
    assert answer.data[0].b64_json == "iVBORw0KGgo="
    assert server.script.asked_paths == ["/v1/images/generations"]
    wanted = {"model": f"theirs-{server.model}", "prompt": "A cat", "n": 1, "size": "1024x1024"}
    assert server.seen == wanted
    row = row_of(alice)
    assert (row.status, row.input_tokens, row.output_tokens) == ("complete", 9, 272)


def test_a_server_that_counts_nothing(openai: Make, alice: Any) -> None:
    server = openai({"created": 1, "data": [{"url": "https://example.org/cat.png"}]})
    assert server.post(path=PATH, prompt="A cat").json()["data"][0]["url"].endswith("cat.png")
    assert (row_of(alice).status, row_of(alice).input_tokens) == ("complete", 0)


def test_it_needs_the_permission(portal: PortalProcess, secret: str) -> None:
    body = {"model": "any", "prompt": "A cat"}
    response = httpx.post(portal.api + PATH, json=body, headers={"x-api-key": secret})
    assert (response.status_code, response.json()["error"]["type"]) == (403, "permission_error")


BAD = [
    ({"prompt": " "}, "prompt"),
    ({}, None),
    ({"prompt": "x", "n": 0}, "n"),
    ({"prompt": "x", "stream": True}, "stream"),
]


@pytest.mark.parametrize(("fields", "param"), BAD)
@pytest.mark.parametrize("front", ["portal", "portal_without_fast_path"])
def test_it_refuses_and_stores_nothing(
    openai: Make, request: pytest.FixtureRequest, alice: Any, front: str, fields: Any, param: str | None
) -> None:
    from usage.models import UsageRecord

    server = openai(ANSWER)
    url = request.getfixturevalue(front).api + PATH
    body = {"model": server.model, **fields}
    response = httpx.post(url, json=body, headers=server.client.headers)
    assert response.status_code == 400, response.text
    assert response.json()["error"]["param"] == param
    assert not server.script.asked
    assert not UsageRecord.objects.filter(user=alice).exists()


def test_the_built_in_model_says_that_it_makes_none(caller: httpx.Client) -> None:
    response = caller.post(PATH, json={"model": "Waymore-A1-Instruct-1011", "prompt": "A cat"})
    assert response.status_code == 400
    assert "built-in model makes no images" in response.json()["error"]["message"]


def test_an_answer_without_images_is_an_error(openai: Make) -> None:
    assert openai({"created": 1, "data": []}).post(path=PATH, prompt="A cat").status_code == 502
