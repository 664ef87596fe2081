"""The lists of models: names and aliases, Anthropic's pages, and what the portal itself tells."""

from collections.abc import Callable
from typing import Any

import anthropic
import httpx
import openai
import pytest

from tests.portal_process import PortalProcess

DEFAULT = "Waymore-A1-Instruct-1011"
ANTHROPIC = {"anthropic-version": "2023-06-01"}


def page(api: httpx.Client, **params: Any) -> Any:
    response = api.get("/v1/models", headers=ANTHROPIC, params=params)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.fixture
def five(make_model: Callable[..., Any]) -> list[str]:
    """Beside the default model and its alias."""
    return [make_model(position=200 + number).name for number in range(5)]


def names(api: httpx.Client) -> list[str]:
    return [model["id"] for model in api.get("/models").json()["data"]]


def test_aliases_are_listed_behind_their_model(api: httpx.Client) -> None:
    listed = names(api)
    assert listed[:2] == [DEFAULT, "gpt-4o"]
    assert api.get("/models/gpt-4o").json() == {**api.get(f"/models/{DEFAULT}").json(), "id": "gpt-4o"}


def test_the_sdks_list_and_retrieve(portal: PortalProcess, secret: str) -> None:
    with openai.OpenAI(base_url=portal.api, api_key=secret, max_retries=0) as client:
        assert "gpt-4o" in [model.id for model in client.models.list()]
        assert client.models.retrieve("gpt-4o").owned_by == "waymore"
    with anthropic.Anthropic(base_url=portal.api, api_key=secret, max_retries=0) as client:
        assert client.models.retrieve("gpt-4o").display_name == "gpt-4o"


@pytest.mark.parametrize("path", ["/models/{}", "/models/{}/", "/v1/models/{}"])
def test_names_may_hold_slashes_o40(api: httpx.Client, make_model: Callable[..., Any], path: str) -> None:
    from chat.models import ModelAlias

    model = make_model()
    model.name = f"org/{model.name}:free"
    model.save()
    ModelAlias.objects.create(name=f"alias/of/{model.name}", model=model)
    for name in (model.name, f"alias/of/{model.name}"):
        assert api.get(path.format(name)).json()["id"] == name
        assert api.get(path.format(name.replace("/", "%2F"))).json()["id"] == name


def test_limits_are_told(api: httpx.Client, make_model: Callable[..., Any]) -> None:
    model = make_model(context_window=200_000, max_output_tokens=8_000)
    told = api.get(f"/models/{model.name}", headers=ANTHROPIC).json()
    assert (told["max_input_tokens"], told["max_tokens"]) == (200_000, 8_000)


def test_what_nobody_serves_is_not_listed(api: httpx.Client, make_model: Callable[..., Any]) -> None:
    model = make_model()
    assert model.name in names(api)
    model.deployments.update(is_enabled=False)
    assert model.name not in names(api)
    assert api.get(f"/models/{model.name}").status_code == 404


def test_the_portals_own_list_tells_all(
    api: httpx.Client, portal: PortalProcess, make_model: Callable[..., Any], sign_in: Any, alice: Any
) -> None:
    from chat.models import ModelAlias

    model = make_model(
        description="Reads pictures", capabilities=["chat", "vision"], context_window=32_000,
        max_output_tokens=4_000, prices={"input": "2", "output": "8", "cached": "0.5"},
    )  # fmt: skip
    ModelAlias.objects.create(name=f"{model.name}-alias", model=model)
    expected = {
        "id": model.name,
        "name": model.name,
        "description": "Reads pictures",
        "ownedBy": "portal",
        "isDefault": False,
        "aliases": [f"{model.name}-alias"],
        "capabilities": ["chat", "vision"],
        "contextWindow": 32_000,
        "maxOutputTokens": 4_000,
        "inputPrice": 2.0,
        "outputPrice": 8.0,
        "cachedPrice": 0.5,
        "cacheWritePrice": 2.0,
        "imagePrice": 0.0,
        "requestPrice": 0.0,
    }
    for client in (api, sign_in(alice, portal.url)):
        path = "/chat/models" if client is api else "/api/chat/models"
        data = client.get(path).json()["data"]
        assert expected in data
        assert [entry["id"] for entry in data if entry["isDefault"]] == [DEFAULT]


def test_an_embedding_model_is_not_offered_for_chat(
    sign_in: Callable[..., httpx.Client], alice: Any, make_model: Callable[..., Any]
) -> None:
    talks, embeds = make_model(), make_model(capabilities=["embeddings"])
    text = sign_in(alice).get("/chat").text
    assert talks.name in text
    assert embeds.name not in text


def test_anthropics_pages_forward(api: httpx.Client, five: list[str]) -> None:
    everything = [model["id"] for model in page(api, limit=1000)["data"]]
    assert everything[-5:] == five
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 2}
    while True:
        answer = page(api, **params)
        ids = [model["id"] for model in answer["data"]]
        assert (answer["first_id"], answer["last_id"]) == (ids[0], ids[-1])
        seen += ids
        if not answer["has_more"]:
            break
        params["after_id"] = answer["last_id"]
    assert seen == everything


def test_anthropics_pages_backward(api: httpx.Client, five: list[str]) -> None:
    answer = page(api, limit=2, before_id=five[3])
    assert [model["id"] for model in answer["data"]] == five[1:3]
    assert answer["has_more"]
    first = page(api, limit=1000)["data"][0]["id"]
    assert page(api, before_id=first) == {"data": [], "has_more": False, "first_id": None, "last_id": None}
    assert page(api, after_id=five[4])["data"] == []


def test_the_anthropic_sdk_turns_the_pages(portal: PortalProcess, secret: str, five: list[str]) -> None:
    with anthropic.Anthropic(base_url=portal.api, api_key=secret, max_retries=0) as client:
        listed = [model.id for model in client.models.list(limit=3)]
    assert listed[-5:] == five


def test_twenty_come_without_a_limit(api: httpx.Client, make_model: Callable[..., Any]) -> None:
    for _ in range(20):
        make_model()
    answer = page(api)
    assert (len(answer["data"]), answer["has_more"]) == (20, True)


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "1000000000", "x", "", "1.5", "٣"])
def test_it_rejects_a_bad_limit_b03(api: httpx.Client, limit: str) -> None:
    response = api.get("/v1/models", headers=ANTHROPIC, params={"limit": limit})
    assert (response.status_code, response.json()["error"]["type"]) == (400, "invalid_request_error")
    assert "limit" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    "params", [{"after_id": "nope"}, {"before_id": "\x00"}, {"after_id": DEFAULT, "before_id": DEFAULT}]
)
def test_it_rejects_a_bad_cursor_b03(api: httpx.Client, params: dict[str, str]) -> None:
    response = api.get("/v1/models", headers=ANTHROPIC, params=params)
    assert (response.status_code, response.json()["error"]["type"]) == (400, "invalid_request_error")
    assert "_id" in response.json()["error"]["message"]
