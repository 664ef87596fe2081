"""How much one request may hold: each limit is configurable, and a refusal names the field and the limit."""

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests import profile
from tests.portal_process import PortalProcess, serve

MODEL = "Waymore-A1-Instruct-1011"
HELLO = {"role": "user", "content": "Hello"}
PATHS = {"openai": "/chat/completions", "anthropic": "/v1/messages"}
LIMITS = {
    "PORTAL_MAX_BODY_BYTES": "20000",
    "PORTAL_MAX_DEPTH": "12",
    "PORTAL_MAX_MESSAGES": "3",
    "PORTAL_MAX_TOOLS": "2",
    "PORTAL_MAX_TEXT_CHARACTERS": "500",
    "PORTAL_MAX_IMAGES": "1",
    "PORTAL_MAX_IMAGE_BYTES": "100",
}


@pytest.fixture(scope="session", params=["1", "0"], ids=["fast path", "views"])
def strict_portal(request: pytest.FixtureRequest, portal: PortalProcess) -> Iterator[PortalProcess]:
    with serve(profile.MAIN, PORTAL_FAST_PATH=request.param, **LIMITS) as running:
        yield running


@pytest.fixture
def key(alice: Any, make_key: Any) -> str:
    return make_key(alice, "chat", "vision")


def post(portal: PortalProcess, key: str, wire: str, **fields: Any) -> httpx.Response:
    body = {"model": MODEL, "max_tokens": 5, "messages": [HELLO], **fields}
    return httpx.post(portal.api + PATHS[wire], json=body, headers={"x-api-key": key}, timeout=30)


def user(*parts: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(parts)}]}


def image(wire: str, size: int = 50) -> dict[str, Any]:
    data = base64.b64encode(bytes(size)).decode()
    if wire == "openai":
        return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}


def tools(wire: str, count: int) -> list[dict[str, Any]]:
    if wire == "openai":
        return [{"type": "function", "function": {"name": f"f{n}"}} for n in range(count)]
    return [{"name": f"f{n}", "input_schema": {"type": "object"}} for n in range(count)]


def nested(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"a": value}
    return value


def cases(wire: str) -> dict[str, tuple[dict[str, Any], int, str, str]]:
    """What is asked, and the status, field and limit of the refusal."""
    return {
        "body": ({"metadata": {"a": "x" * 30_000}}, 413, "body", "20000"),
        "depth": ({"metadata": nested(20)}, 400, "body", "12"),
        "messages": ({"messages": [HELLO] * 4}, 400, "messages", "3"),
        "tools": ({"tools": tools(wire, 3)}, 400, "tools", "2"),
        "text": (user({"type": "text", "text": "x" * 501}), 400, "messages[0].content[0]", "500"),
        "images": (user(image(wire), image(wire)), 400, "messages", "1"),
        "image": (
            user({"type": "text", "text": "?"}, image(wire, 200)),
            413,
            "messages[0].content[1]",
            "100",
        ),
    }


@pytest.mark.parametrize("wire", PATHS)
@pytest.mark.parametrize("name", cases("openai"))
def test_too_much_is_refused_by_name(
    strict_portal: PortalProcess, alice: Any, key: str, wire: str, name: str
) -> None:
    from usage.models import UsageRecord

    fields, status, field, limit = cases(wire)[name]
    response = post(strict_portal, key, wire, **fields)
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert field in error["message"]
    assert limit in error["message"].replace(",", "")
    if wire == "openai" and field != "body":
        assert error["param"] == field
    assert not UsageRecord.objects.filter(user=alice).exists()


@pytest.mark.parametrize("wire", PATHS)
def test_just_enough_is_not(strict_portal: PortalProcess, key: str, wire: str) -> None:
    said = user({"type": "text", "text": "x" * 500}, image(wire, 99))["messages"]
    answer = {"role": "assistant", "content": "Yes"}
    messages = [*said, answer, HELLO]
    response = post(strict_portal, key, wire, messages=messages, tools=tools(wire, 2))
    assert response.status_code == 200, response.text
