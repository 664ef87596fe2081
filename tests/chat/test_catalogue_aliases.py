"""Another name for a model: existing clients run unchanged."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import anthropic
import httpx
import openai
import pytest
from django.core.exceptions import ValidationError

from tests.chat.conftest import Admin
from tests.conformance import says
from tests.conformance.scripted import Script, ScriptedServer
from tests.portal_process import PortalProcess

DEFAULT = "Waymore-A1-Instruct-1011"
COUNT: Any = [{"role": "user", "content": "Count to 3"}]


@pytest.fixture
def aliased(make_model: Callable[..., Any], server: ScriptedServer) -> Callable[..., tuple[Any, str, Script]]:
    """A model, an alias of it, and what its server was asked."""
    from chat.models import ModelAlias

    def make(model: Any = None) -> tuple[Any, str, Script]:
        model = model or make_model()
        alias = ModelAlias.objects.create(name=f"alias-{uuid4().hex[:8]}", model=model)
        script = Script(says.openai())
        server.scripts[model.deployments.get().upstream_model] = script
        return model, alias.name, script

    return make


def only_row(user: Any) -> Any:
    from usage.models import UsageRecord

    return UsageRecord.objects.get(user=user)


def test_gpt_4o_answers_from_the_first_start_openai_sdk(
    portal: PortalProcess, secret: str, alice: Any
) -> None:
    with openai.OpenAI(base_url=portal.api, api_key=secret, max_retries=0) as client:
        answer = client.chat.completions.create(model="gpt-4o", messages=COUNT)
    assert (answer.choices[0].message.content, answer.model) == ("1 2 3", "gpt-4o")
    assert only_row(alice).model == DEFAULT


def test_it_streams_openai_sdk(portal: PortalProcess, secret: str, alice: Any) -> None:
    with openai.OpenAI(base_url=portal.api, api_key=secret, max_retries=0) as client:
        chunks = list(client.chat.completions.create(model="gpt-4o", messages=COUNT, stream=True))
    assert {chunk.model for chunk in chunks} == {"gpt-4o"}
    assert only_row(alice).model == DEFAULT


def test_it_works_anthropic_sdk(portal: PortalProcess, secret: str, alice: Any) -> None:
    with anthropic.Anthropic(base_url=portal.api, api_key=secret, max_retries=0) as client:
        answer = client.messages.create(model="gpt-4o", max_tokens=50, messages=COUNT)
        with client.messages.stream(model="gpt-4o", max_tokens=50, messages=COUNT) as stream:
            streamed = stream.get_final_message()
    assert answer.model == streamed.model == "gpt-4o"


@pytest.mark.parametrize("path", ["/chat/completions", "/v1/messages"])
def test_the_server_gets_its_own_name_and_the_ledger_the_models(
    api: httpx.Client, alice: Any, aliased: Callable[..., Any], path: str
) -> None:
    model, alias, script = aliased()
    answer = api.post(path, json={"model": alias, "messages": COUNT, "max_tokens": 9})
    assert answer.json()["model"] == alias
    assert script.asked[-1]["model"] == f"theirs-{model.name}"
    row = only_row(alice)
    assert (row.model, row.deployment) == (model.name, str(model.deployments.get()))


def test_a_deployment_without_a_name_is_asked_by_the_models(
    api: httpx.Client, server: ScriptedServer, aliased: Callable[..., Any]
) -> None:
    model, alias, _ = aliased()
    model.deployments.update(upstream_model="")
    script = server.scripts[model.name] = Script(says.openai())
    assert api.post("/chat/completions", json={"model": alias, "messages": COUNT}).status_code == 200
    assert script.asked[-1]["model"] == model.name


def test_it_goes_with_its_model(api: httpx.Client, aliased: Callable[..., Any]) -> None:
    model, alias, _ = aliased()
    model.is_enabled = False
    model.save()
    refused = api.post("/chat/completions", json={"model": alias, "messages": COUNT})
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "model_not_found")
    assert alias not in api.get("/models").text
    assert api.get(f"/models/{alias}").status_code == 404


def test_look_up_costs_no_more_than_by_name(aliased: Callable[..., Any]) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from chat.catalogue.lookup import _read

    (first, alias, _), (second, other, _) = aliased(), aliased()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = _read([alias, first.name, other, second.name, "nope", "\x00"])
    assert found == [first, first, second, second, None, None]
    assert len(queries) == 3, "the models in one, their deployments in another, their prices in a third"


def test_a_name_is_a_model_or_an_alias_never_both(aliased: Callable[..., Any]) -> None:
    from chat.models import ModelAlias, PublicModel

    model, alias, _ = aliased()
    with pytest.raises(ValidationError):
        PublicModel.objects.create(name=alias)
    with pytest.raises(ValidationError):
        ModelAlias.objects.create(name=model.name, model=PublicModel.objects.get(name=DEFAULT))


def form_of(model: Any, *aliases: str, **fields: Any) -> dict[str, Any]:
    form = {
        "name": model.name, "owned_by": "portal", "position": "7", "is_enabled": "on",
        "capabilities": ["chat"],
        "aliases-TOTAL_FORMS": str(len(aliases)), "aliases-INITIAL_FORMS": "0",
        "deployments-TOTAL_FORMS": "0", "deployments-INITIAL_FORMS": "0",
        "dated_prices-TOTAL_FORMS": "0", "dated_prices-INITIAL_FORMS": "0",
        "dated_prices-2-TOTAL_FORMS": "0", "dated_prices-2-INITIAL_FORMS": "0",
    }  # fmt: skip
    for number, name in enumerate(aliases):
        form |= {f"aliases-{number}-name": name, f"aliases-{number}-model": str(model.pk)}
    return form | fields


def test_an_operator_edits_everything_on_one_page(
    admin: Admin, make_model: Callable[..., Any], make_upstream: Callable[..., Any]
) -> None:
    model, upstream = make_model(), make_upstream()
    form = form_of(
        model, f"{model.name}-alias", capabilities=["tools", "vision", "chat"], context_window="128000",
        max_output_tokens="8000", description="Good",
    )  # fmt: skip
    deployment = {"upstream": upstream.pk, "upstream_model": "x", "priority": "3", "weight": "2"}
    form |= {f"deployments-0-{name}": str(value) for name, value in deployment.items()}
    form |= {"deployments-TOTAL_FORMS": "1", "deployments-0-is_enabled": "on"}
    page = admin.post(f"publicmodel/{model.pk}/change/", **form)
    assert "was changed successfully" in page.text
    model.refresh_from_db()
    assert model.capabilities == ["chat", "vision", "tools"]
    assert (model.context_window, model.max_output_tokens, model.position) == (128_000, 8_000, 7)
    assert model.aliases.get().name == f"{model.name}-alias"
    assert model.deployments.get(upstream=upstream).priority == 3


def test_a_renamed_model_keeps_its_old_name_as_an_alias(admin: Admin, make_model: Callable[..., Any]) -> None:
    model = make_model()
    old = model.name
    admin.post(f"publicmodel/{model.pk}/change/", **form_of(model, old, name=f"{old}-2"))
    model.refresh_from_db()
    assert (model.name, model.aliases.get().name) == (f"{old}-2", old)


def test_the_admin_rejects_a_name_twice(
    admin: Admin, make_model: Callable[..., Any], aliased: Callable[..., Any]
) -> None:
    model, (other, alias, _) = make_model(), aliased()
    path = f"publicmodel/{model.pk}/change/"
    assert "is an alias; a name stands for one model" in admin.post(path, **form_of(model, name=alias)).text
    assert "is a model; a name stands for one model" in admin.post(path, **form_of(model, other.name)).text
    assert "own name" in admin.post(path, **form_of(model, "fresh-name", name="fresh-name")).text
    assert "already exists" in admin.post(path, **form_of(model, alias)).text
    assert "Select a valid choice" in admin.post(path, **form_of(model, capabilities=["flying"])).text
