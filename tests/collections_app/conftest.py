from collections.abc import Callable
from typing import Any

import httpx
import pytest


@pytest.fixture
def keep(api: httpx.Client) -> Callable[..., Any]:
    """Makes an item of Alice's."""

    def make(title: str = "A note", content: str = "Something", **fields: Any) -> Any:
        body = {"type": "NOTE", "title": title, "content": content, **fields}
        response = api.post("/stuff", json=body)
        assert response.status_code == 201, response.text
        return response.json()

    return make


@pytest.fixture
def titles(api: httpx.Client) -> Callable[..., list[str]]:
    """What a list has, in its order."""

    def listed(**params: Any) -> list[str]:
        response = api.get("/stuff", params=params)
        assert response.status_code == 200, response.text
        return [item["title"] for item in response.json()["data"]]

    return listed


@pytest.fixture
def collection(api: httpx.Client) -> Any:
    return api.post("/collections", json={"name": "A collection"}).json()


def refused(response: httpx.Response) -> tuple[int, str | None]:
    return response.status_code, response.json()["error"]["param"]
