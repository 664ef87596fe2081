"""The completion endpoint over HTTP: both formats, whole and streamed, by every kind of caller."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.gateway.test_sse import parse
from tests.portal_process import PortalProcess

MODEL = "Waymore-A1-Instruct-1011"
HELLO = [{"role": "user", "content": "Repeat after me: one two three"}]
PATHS = {"openai": "/chat/completions", "anthropic": "/v1/messages"}


@pytest.fixture(params=["key", "x-api-key", "key without fast path", "cookie"])
def caller(
    request: pytest.FixtureRequest, portal: PortalProcess, alice: Any, secret: str
) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {secret}"}
    if request.param == "cookie":
        client = request.getfixturevalue("sign_in")(alice)
        client.base_url = portal.api
        yield client
        return
    if request.param == "x-api-key":
        headers = {"x-api-key": secret}
    if request.param == "key without fast path":
        portal = request.getfixturevalue("portal_without_fast_path")
    with httpx.Client(base_url=portal.api, headers=headers, timeout=30) as client:
        yield client


def text_of(wire: str, body: dict[str, Any]) -> str:
    return body["choices"][0]["message"]["content"] if wire == "openai" else body["content"][0]["text"]


@pytest.mark.parametrize("wire", PATHS)
def test_it_works(caller: httpx.Client, wire: str) -> None:
    response = caller.post(PATHS[wire], json={"model": MODEL, "max_tokens": 50, "messages": HELLO})
    assert response.status_code == 200, response.text
    assert text_of(wire, response.json()) == "one two three"
    assert response.json()["model"] == MODEL
    assert response.headers["x-portal-format"] == wire
    assert response.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("wire", PATHS)
def test_it_streams(caller: httpx.Client, wire: str) -> None:
    body = {"model": MODEL, "max_tokens": 50, "messages": HELLO, "stream": True}
    with caller.stream("POST", PATHS[wire], json=body) as response:
        pieces = list(response.iter_bytes())
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-accel-buffering"] == "no"
    assert len(pieces) > 2, "the stream came in one piece"
    events = parse(*pieces)
    if wire == "openai":
        assert events[-1].data == b"[DONE]"
    else:
        assert [events[0].event, events[-1].event] == ["message_start", "message_stop"]


def test_the_shared_address_tells_the_formats_apart(api: httpx.Client) -> None:
    body = {"model": MODEL, "max_tokens": 9, "messages": HELLO}
    assert api.post("/chat/completions", json=body).json()["object"] == "chat.completion"
    assert api.post("/chat/completions", json={**body, "system": "Hm"}).json()["type"] == "message"


@pytest.mark.parametrize("path", ["/chat/completions", "/chat/completions/", "/v1/chat/completions"])
def test_every_spelling_of_the_address_works_h01(api: httpx.Client, path: str) -> None:
    assert api.post(path, json={"model": MODEL, "messages": HELLO}).status_code == 200


def test_usage_is_streamed_only_when_asked_for_o24(api: httpx.Client) -> None:
    body = {"model": MODEL, "messages": HELLO, "stream": True}
    assert '"usage"' not in api.post("/chat/completions", json=body).text
    asked = api.post("/chat/completions", json={**body, "stream_options": {"include_usage": True}})
    last = parse(asked.content)[-2].data
    assert b'"choices":[]' in last
    assert b'"completion_tokens":3' in last


def error_of(wire: str, response: httpx.Response) -> tuple[int, str]:
    error = response.json()["error"]
    if wire == "anthropic":
        assert response.json()["type"] == "error"
        assert response.json()["request_id"] == response.headers["request-id"]
    return response.status_code, error["type"]


REFUSALS = {
    "bad JSON": (b'{"model":', 400),
    "no object": (b"[1]", 400),
    "no messages": (b'{"model": "Waymore-A1-Instruct-1011"}', 400),
    "unknown model": (
        b'{"model": "gpt-9", "max_tokens": 5, "messages": [{"role": "user", "content": "x"}]}',
        404,
    ),
    "NUL in the model": (
        b'{"model": "a\\u0000", "max_tokens": 5, "messages": [{"role": "user", "content": "x"}]}',
        404,
    ),
    "empty": (b"", 400),
    "not UTF-8": (b'{"model": "\xff"}', 400),
}
TYPES = {
    ("openai", 400): "invalid_request_error",
    ("openai", 404): "invalid_request_error",
    ("anthropic", 400): "invalid_request_error",
    ("anthropic", 404): "not_found_error",
}


@pytest.mark.parametrize("wire", PATHS)
@pytest.mark.parametrize(("body", "status"), REFUSALS.values(), ids=REFUSALS)
def test_it_refuses_and_stores_nothing(
    caller: httpx.Client, alice: Any, wire: str, body: bytes, status: int
) -> None:
    from usage.models import UsageRecord

    response = caller.post(PATHS[wire], content=body, headers={"content-type": "application/json"})
    assert error_of(wire, response) == (status, TYPES[wire, status])
    assert not UsageRecord.objects.filter(user=alice).exists()


@pytest.mark.parametrize("wire", PATHS)
@pytest.mark.parametrize("fast_path", [True, False])
@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer sk-wm-nonsense"}, {"x-api-key": "a", "authorization": "Bearer b"}],
    ids=["none", "wrong", "two"],
)
def test_it_refuses_without_a_valid_key(
    request: pytest.FixtureRequest, wire: str, fast_path: bool, headers: dict[str, str]
) -> None:
    portal = request.getfixturevalue("portal" if fast_path else "portal_without_fast_path")
    response = httpx.post(portal.api + PATHS[wire], headers=headers, json={"model": MODEL, "messages": HELLO})
    kind = "invalid_request_error" if wire == "openai" else "authentication_error"
    assert error_of(wire, response) == (401, kind)


def test_a_key_needs_the_permission(portal: PortalProcess, alice: Any, make_key: Callable[..., str]) -> None:
    headers = {"x-api-key": make_key(alice, "manage")}
    response = httpx.post(
        portal.api + "/v1/messages", headers=headers, json={"model": MODEL, "messages": HELLO}
    )
    assert error_of("anthropic", response) == (403, "permission_error")


def test_images_need_the_vision_permission_o05(
    api: httpx.Client, portal: PortalProcess, alice: Any, make_key: Callable[..., str]
) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    body = {"model": MODEL, "messages": [{"role": "user", "content": [image]}]}
    assert error_of("openai", api.post("/chat/completions", json=body)) == (403, "permission_error")
    headers = {"x-api-key": make_key(alice, "chat", "vision")}
    assert httpx.post(portal.api + "/chat/completions", headers=headers, json=body).status_code == 200


def test_a_revoked_key_is_dead_at_once(api: httpx.Client, alice: Any) -> None:
    from apikeys.access import keys_of
    from apikeys.services import revoke_key

    body = {"model": MODEL, "messages": HELLO}
    assert api.post("/chat/completions", json=body).status_code == 200
    revoke_key(key=keys_of(alice).get())
    assert api.post("/chat/completions", json=body).status_code == 401


@pytest.mark.parametrize("state", ["disabled", "unverified"])
def test_the_keys_of_a_disabled_or_unverified_person_are_dead(
    api: httpx.Client, alice: Any, state: str
) -> None:
    if state == "disabled":
        alice.is_active = False
        alice.save()
    else:
        alice.emailaddress_set.update(verified=False)
    assert api.post("/chat/completions", json={"model": MODEL, "messages": HELLO}).status_code == 401
    assert api.get("/models").status_code == 401


def test_a_cookie_needs_its_csrf_token_w08(
    portal: PortalProcess, alice: Any, sign_in: Callable[..., Any]
) -> None:
    client = sign_in(alice)
    del client.headers["x-csrftoken"]
    response = client.post("/api/chat/completions", json={"model": MODEL, "messages": HELLO})
    assert error_of("openai", response) == (403, "permission_error")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_are_refused_h04(caller: httpx.Client, method: str) -> None:
    response = caller.request(method, "/chat/completions")
    assert response.status_code == 405
    assert "POST" in response.headers["allow"]
    assert "message" in response.json()["error"]


def test_a_large_body_is_refused(api: httpx.Client) -> None:
    response = api.post("/chat/completions", content=b"x" * (33 * 1024 * 1024))
    assert error_of("openai", response) == (413, "request_too_large")
