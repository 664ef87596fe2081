"""*Import models* in the admin: choose from what an upstream lists."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.chat.conftest import Admin
from tests.conformance.scripted import ScriptedServer


def names(*ids: str) -> list[dict[str, Any]]:
    return [{"id": name, "object": "model"} for name in ids]


def test_it_works(
    admin: Admin, server: ScriptedServer, make_upstream: Callable[..., Any], api: httpx.Client
) -> None:
    from chat.models import PublicModel

    upstream = make_upstream(credential="sk-theirs")
    server.key = "sk-theirs"
    one, other, third = (f"{upstream.name}-{letter}" for letter in "abc")
    server.models = [
        {"id": one, "max_model_len": 32_768},
        {"id": f"{other}-embed"},
        {"id": third, "capabilities": ["completion", "vision", "tools"]},
    ]
    page = admin.act("import_models", upstream)
    assert one in page
    assert third in page
    said = admin.post(f"upstream/{upstream.pk}/import/", model=[one, f"{other}-embed"]).text
    assert "Imported 2 models." in said
    rows = {row.name: row for row in PublicModel.objects.filter(deployments__upstream=upstream)}
    assert rows.keys() == {one, f"{other}-embed"}
    assert (rows[one].context_window, rows[one].capabilities) == (32_768, ["chat"])
    assert rows[f"{other}-embed"].capabilities == ["embeddings"]
    assert one in [model["id"] for model in api.get("/models").json()["data"]]
    admin.post(f"upstream/{upstream.pk}/import/", all="1")
    assert PublicModel.objects.get(name=third).capabilities == ["chat", "vision", "tools"]


def test_anthropic_pages_are_all_read(
    admin: Admin, server: ScriptedServer, make_upstream: Callable[..., Any]
) -> None:
    upstream = make_upstream(kind="anthropic", credential="sk-theirs")
    server.key, server.page = "sk-theirs", 2
    server.models = [
        {"id": f"{upstream.name}-{number}", "max_input_tokens": 200_000, "max_tokens": 64_000,
         "capabilities": {"image_input": {"supported": True}, "thinking": {"supported": False}}}
        for number in range(5)
    ]  # fmt: skip
    admin.post(f"upstream/{upstream.pk}/import/", all="1")
    rows = [deployment.model for deployment in upstream.deployments.select_related("model")]
    assert len(rows) == 5
    assert {(row.context_window, row.max_output_tokens) for row in rows} == {(200_000, 64_000)}
    assert rows[0].capabilities == ["chat", "vision"]


def test_again_it_changes_nothing(
    admin: Admin, server: ScriptedServer, make_upstream: Callable[..., Any]
) -> None:
    upstream = make_upstream()
    server.models = names(f"{upstream.name}-a")
    admin.post(f"upstream/{upstream.pk}/import/", all="1")
    model = upstream.deployments.get().model
    model.position, model.name = 3, f"{upstream.name}-renamed"
    model.save()
    page = admin.get(f"upstream/{upstream.pk}/import/").text
    assert "is served already" in page
    assert "Imported 0 models." in admin.post(f"upstream/{upstream.pk}/import/", all="1").text
    model.refresh_from_db()
    assert (model.position, upstream.deployments.count()) == (3, 1)


def test_a_taken_name_gets_the_upstreams_before_it(
    admin: Admin, server: ScriptedServer, make_upstream: Callable[..., Any], make_model: Callable[..., Any]
) -> None:
    from chat.models import ModelAlias

    upstream, theirs = make_upstream(), make_model()
    alias = ModelAlias.objects.create(name=f"{theirs.name}-alias", model=theirs)
    server.models = names(theirs.name, alias.name)
    admin.post(f"upstream/{upstream.pk}/import/", all="1")
    found = {deployment.model.name for deployment in upstream.deployments.all()}
    assert found == {f"{upstream.name}/{theirs.name}", f"{upstream.name}/{alias.name}"}
    assert theirs.deployments.count() == 1
    alias.refresh_from_db()


def test_an_alias_that_gives_way_makes_room(
    admin: Admin, server: ScriptedServer, make_upstream: Callable[..., Any], make_model: Callable[..., Any]
) -> None:
    from chat.models import ModelAlias, PublicModel

    upstream, theirs = make_upstream(), make_model()
    alias = ModelAlias.objects.create(name=f"{theirs.name}-alias", model=theirs, gives_way=True)
    server.models = names(alias.name)
    admin.post(f"upstream/{upstream.pk}/import/", all="1")
    assert not ModelAlias.objects.filter(name=alias.name).exists()
    assert PublicModel.objects.get(name=alias.name).deployments.get().upstream == upstream


@pytest.mark.parametrize("models", [None, "x", [1, {"id": 5}, {"id": ""}, {"id": "x" * 300}, {"id": "a\nb"}]])
def test_it_survives_odd_lists(
    admin: Admin, server: ScriptedServer, make_upstream: Callable[..., Any], models: Any
) -> None:
    upstream = make_upstream()
    server.models = models
    page = admin.get(f"upstream/{upstream.pk}/import/")
    assert page.status_code == 200
    assert re.search("The server has no models|is not a list of models", page.text)


def test_a_refusal_is_shown_without_the_credential_k02(
    admin: Admin, server: ScriptedServer, make_upstream: Callable[..., Any]
) -> None:
    server.key = "another"
    upstream = make_upstream(credential="sk-very-secret", extra_headers={"x": "header-secret"})
    page = admin.get(f"upstream/{upstream.pk}/import/").text
    assert "status 401" in page
    assert "Incorrect API key provided" in page
    assert "sk-very-secret" not in page
    assert "header-secret" not in page


def test_one_at_a_time(admin: Admin, make_upstream: Callable[..., Any]) -> None:
    assert "Choose one upstream" in admin.act("import_models", make_upstream(), make_upstream())


def test_the_built_in_model_has_nothing_to_import(admin: Admin) -> None:
    from chat.models import Upstream

    page = admin.act("import_models", Upstream.objects.get(name="builtin"))
    assert "part of the portal" in page


def test_it_refuses_who_may_not(
    sign_in: Callable[..., httpx.Client], make_user: Callable[..., Any], make_upstream: Callable[..., Any]
) -> None:
    """Staff without the permission, and people who are no staff."""
    upstream = make_upstream()
    clerk = make_user("clerk", is_operator=True)
    clerk.is_superuser = False
    clerk.save()
    browser = sign_in(clerk)
    for path in (f"upstream/{upstream.pk}/import/", "upstream/"):
        assert browser.get(f"/admin/chat/{path}").status_code == 403
    page = sign_in(make_user("alice")).get(f"/admin/chat/upstream/{upstream.pk}/import/")
    assert page.url.path == "/admin/login/"
