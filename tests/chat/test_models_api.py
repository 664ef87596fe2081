"""The model lists (conformance O40) and the base address (H10)."""

import httpx
import pytest

from tests.portal_process import PortalProcess

MODEL = "Waymore-A1-Instruct-1011"
ANTHROPIC = {"anthropic-version": "2023-06-01"}


def test_it_lists_in_the_openai_shape(api: httpx.Client) -> None:
    body = api.get("/models").json()
    assert body["object"] == "list"
    assert {"id", "object", "created", "owned_by"} == body["data"][0].keys()
    assert MODEL in [model["id"] for model in body["data"]]


def test_it_lists_in_the_anthropic_shape(api: httpx.Client) -> None:
    body = api.get("/v1/models?limit=1000", headers=ANTHROPIC).json()
    assert body["data"][0]["type"] == "model"
    assert body["first_id"] == body["data"][0]["id"]
    assert body["has_more"] is False


def test_it_shows_one(api: httpx.Client) -> None:
    assert api.get(f"/models/{MODEL}").json()["id"] == MODEL
    assert api.get(f"/models/{MODEL}", headers=ANTHROPIC).json()["display_name"] == MODEL


@pytest.mark.parametrize("name", ["nope", "some/thing", "%00"])
def test_it_rejects_an_unknown_one(api: httpx.Client, name: str) -> None:
    assert api.get(f"/models/{name}").json()["error"]["code"] == "model_not_found"
    assert api.get(f"/models/{name}", headers=ANTHROPIC).json()["error"]["type"] == "not_found_error"


def test_the_portals_own_list_has_prices(api: httpx.Client) -> None:
    model = next(model for model in api.get("/chat/models").json()["data"] if model["id"] == MODEL)
    assert model["inputPrice"] == 0


def test_a_disabled_model_is_gone(api: httpx.Client) -> None:
    from chat.models import PublicModel

    PublicModel.objects.create(name="hidden-model", is_enabled=False)
    assert "hidden-model" not in api.get("/models").text
    assert api.get("/models/hidden-model").status_code == 404


def test_it_refuses_without_a_key(portal: PortalProcess) -> None:
    for path in ("/models", "/chat/models", "/usage/summary"):
        response = httpx.get(portal.api + path)
        assert (response.status_code, response.json()["error"]["code"]) == (401, "invalid_api_key")
    response = httpx.get(portal.api + "/models", headers=ANTHROPIC)
    assert (response.status_code, response.json()["error"]["type"]) == (401, "authentication_error")


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/"])
def test_the_base_address_says_what_it_is_h10(portal: PortalProcess, path: str) -> None:
    assert httpx.get(portal.api + path).json()["name"] == "LLM Portal"
    assert httpx.head(portal.api + path).status_code == 200


def test_an_unknown_address_answers_in_the_envelope_h04(portal: PortalProcess) -> None:
    response = httpx.get(portal.api + "/nope")
    assert (response.status_code, response.json()["error"]["type"]) == (404, "not_found")
