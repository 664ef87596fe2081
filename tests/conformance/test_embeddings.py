"""Embeddings over HTTP: through the built-in model, and to a server that makes them."""

import base64
import struct
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import openai as sdk
import pytest

from tests.conformance.conftest import Upstream
from tests.conformance.scripted import CREDENTIAL
from tests.portal_process import PortalProcess

Make = Callable[..., Upstream]
MODEL = "Waymore-A1-Instruct-1011"
PATH = "/embeddings"
ANSWER = {
    "object": "list",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.6, 0.8]}],
    "model": "theirs",
    "usage": {"prompt_tokens": 5, "total_tokens": 5},
}


@pytest.fixture(params=["key", "key without fast path", "cookie"])
def asking(request: pytest.FixtureRequest, portal: PortalProcess, alice: Any, make_key: Any) -> Iterator[Any]:
    if request.param == "cookie":
        client = request.getfixturevalue("sign_in")(alice)
        client.base_url = portal.api
        yield client
        return
    name = "portal" if request.param == "key" else "portal_without_fast_path"
    base = request.getfixturevalue(name).api
    with httpx.Client(
        base_url=base, headers={"x-api-key": make_key(alice, "embeddings")}, timeout=30
    ) as client:
        yield client


def row_of(user: Any) -> Any:
    from usage.models import UsageRecord

    return UsageRecord.objects.get(user=user)


def test_it_works(asking: httpx.Client, alice: Any) -> None:
    response = asking.post(PATH, json={"model": MODEL, "input": ["One text", "another text"]})
    assert response.status_code == 200, response.text
    answer = response.json()
    assert (answer["object"], answer["model"]) == ("list", MODEL)
    assert [item["index"] for item in answer["data"]] == [0, 1]
    for item in answer["data"]:
        assert sum(value**2 for value in item["embedding"]) == pytest.approx(1)
    row = row_of(alice)
    assert (row.status, row.output_tokens, row.tokens_source) == ("complete", 0, "upstream")
    assert row.input_tokens == answer["usage"]["prompt_tokens"] > 0


@pytest.mark.parametrize("path", ["/api/embeddings/", "/api/v1/embeddings", "/api/v1/embeddings/"])
def test_every_spelling_of_the_address(asking: httpx.Client, path: str) -> None:
    base = str(asking.base_url).split("/api")[0]
    assert asking.post(base + path, json={"model": MODEL, "input": "x"}).status_code == 200


def test_the_sdk_works_unchanged(portal: PortalProcess, alice: Any, make_key: Any) -> None:
    texts = ["cats and dogs", "dogs and cats", "the price of steel"]
    with sdk.OpenAI(base_url=portal.api, api_key=make_key(alice, "embeddings")) as client:
        made = client.embeddings.create(model=MODEL, input=texts, dimensions=512)
    near, same, far = (item.embedding for item in made.data)
    assert len(near) == 512
    assert dot(near, same) > 0.5 > dot(near, far)


def dot(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def test_base64_is_the_same_vector(caller: httpx.Client) -> None:
    body = {"model": MODEL, "input": "One text", "dimensions": 8}
    plain = caller.post(PATH, json=body).json()["data"][0]["embedding"]
    coded = caller.post(PATH, json={**body, "encoding_format": "base64"}).json()["data"][0]["embedding"]
    assert struct.unpack("<8f", base64.b64decode(coded)) == pytest.approx(plain)


def test_a_server_gets_its_own_name_and_credential(openai: Make, alice: Any) -> None:
    server = openai(ANSWER)
    fields = {"input": [[1, 2, 3]], "dimensions": 2, "user": "u", "truncate": "END"}
    response = server.post(path=PATH, **fields)
    assert response.json() == {**ANSWER, "model": server.model}
    assert server.script.asked_paths == ["/v1/embeddings"]
    assert server.script.asked_headers[0]["authorization"] == f"Bearer {CREDENTIAL}"
    assert {name: server.seen[name] for name in fields} == fields
    assert server.seen["model"] == f"theirs-{server.model}"
    assert row_of(alice).input_tokens == 5


@pytest.mark.parametrize("told", [None, {}, {"prompt_tokens": None}], ids=str)
def test_what_a_server_does_not_count_is_estimated(openai: Make, alice: Any, told: Any) -> None:
    response = openai({**ANSWER, "usage": told}).post(path=PATH, input="four" * 1000)
    assert response.status_code == 200
    row = row_of(alice)
    assert (row.status, row.tokens_source, row.output_tokens) == ("complete", "estimated", 0)
    assert 1000 <= row.input_tokens < 1100


def test_it_needs_the_permission(portal: PortalProcess, secret: str) -> None:
    body = {"model": MODEL, "input": "x"}
    response = httpx.post(portal.api + PATH, json=body, headers={"x-api-key": secret})
    assert (response.status_code, response.json()["error"]["type"]) == (403, "permission_error")


BAD = [
    ({"input": ""}, "input"),
    ({"input": []}, "input"),
    ({"input": ["x", ""]}, "input"),
    ({"input": 7}, "input"),
    ({"input": ["x", 7]}, "input"),
    ({"input": [[1, "x"]]}, "input"),
    ({"input": ["x"] * 2049}, "input"),
    ({"input": "x", "encoding_format": "hex"}, "encoding_format"),
    ({"input": "x", "dimensions": 0}, "dimensions"),
    ({"input": "x", "dimensions": 10**9}, "dimensions"),
    ({"input": "x", "model": 7}, "model"),
]


@pytest.mark.parametrize(("fields", "param"), BAD)
def test_it_refuses_and_stores_nothing(
    asking: httpx.Client, alice: Any, fields: dict[str, Any], param: str
) -> None:
    from usage.models import UsageRecord

    response = asking.post(PATH, json={"model": MODEL, **fields})
    assert response.status_code == 400, response.text
    assert response.json()["error"]["param"] == param
    assert not UsageRecord.objects.filter(user=alice).exists()


def test_an_anthropic_server_gives_none(anthropic: Make) -> None:
    server = anthropic()
    response = server.post(path=PATH, input="x")
    assert (response.status_code, response.json()["error"]["param"]) == (400, "model")
    assert not server.script.asked


@pytest.mark.parametrize(("status", "told"), [(400, 400), (401, 502), (500, 502), (503, 503)])
def test_the_servers_failures_are_told(openai: Make, alice: Any, status: int, told: int) -> None:
    server = openai({"error": {"message": "its reason"}}, status=status)
    response = server.post(path=PATH, input="x")
    row = row_of(alice)
    assert (response.status_code, row.status, row.input_tokens) == (told, "failed", 0)


@pytest.mark.parametrize("answer", [b"<html>", {"error": {"message": "x"}}, b"[]"])
def test_nonsense_is_an_error(openai: Make, answer: Any) -> None:
    assert openai(answer).post(path=PATH, input="x").status_code == 502
