"""*Test connection* in the admin: a real call, and what came back, plainly."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.chat.conftest import Admin
from tests.conformance import says
from tests.conformance.scripted import Script, ScriptedServer
from tests.engines.llama import MODEL, LlamaServer, llama_server
from tests.portal_process import free_port


def said(page: str) -> str:
    """The admin's messages."""
    found = re.search(r'<ul class="messagelist">(.*?)</ul>', page, re.DOTALL)
    return re.sub(r"<[^>]+>", "", found[1]).strip() if found else ""


def test_it_works(admin: Admin, server: ScriptedServer, make_upstream: Callable[..., Any]) -> None:
    server.key, server.models = "sk-theirs", [{"id": f"model-{number}"} for number in range(7)]
    upstream = make_upstream(credential="sk-theirs", extra_headers={"x-team": "biology"})
    answer = said(admin.act("test_connection", upstream))
    listed = "model-0, model-1, model-2, model-3, model-4, …"
    assert re.fullmatch(rf"“{upstream.name}”: status 200 in \d+ ms, 7 models: {listed}\.", answer)
    assert server.list_headers[-1]["x-team"] == "biology"


def test_it_speaks_anthropic(admin: Admin, server: ScriptedServer, make_upstream: Callable[..., Any]) -> None:
    server.key, server.models = "sk-theirs", [{"id": "claude"}]
    upstream = make_upstream(kind="anthropic", credential="sk-theirs")
    assert "1 model: claude" in said(admin.act("test_connection", upstream))
    assert server.list_headers[-1]["anthropic-version"] == "2023-06-01"


def test_the_upstreams_own_page_has_a_button(
    admin: Admin, server: ScriptedServer, make_upstream: Callable[..., Any]
) -> None:
    upstream = make_upstream()
    assert f"/admin/chat/upstream/{upstream.pk}/test/" in admin.get(f"upstream/{upstream.pk}/change/").text
    assert "no models" in said(admin.post(f"upstream/{upstream.pk}/test/").text)


def test_several_are_asked_at_once(
    admin: Admin, server: ScriptedServer, make_upstream: Callable[..., Any]
) -> None:
    good, bad = make_upstream(), make_upstream(base_url=f"http://127.0.0.1:{free_port()}/v1")
    answers = said(admin.act("test_connection", good, bad)).split("\n")
    assert any(f"“{good.name}”: status 200" in line for line in answers)
    assert any(re.search(rf"“{bad.name}”: failed after \d+ ms: no connection", line) for line in answers)


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_a_refusal_is_told_without_the_credential_k02(
    admin: Admin, server: ScriptedServer, make_upstream: Callable[..., Any], kind: str
) -> None:
    server.key = "another"
    upstream = make_upstream(kind=kind, credential="sk-very-secret", extra_headers={"x": "header-secret"})
    page = admin.act("test_connection", upstream)
    assert re.search(r"status 401 after \d+ ms: Incorrect API key provided: •••", said(page))
    assert "sk-very-secret" not in page


def test_what_is_no_model_server_is_told(
    admin: Admin, make_upstream: Callable[..., Any], portal: Any
) -> None:
    page = admin.act("test_connection", make_upstream(base_url=portal.url))
    assert "the answer is not JSON" in said(page)


@pytest.mark.parametrize("credential", ["line\nbreak", "schlüssel", "\x00"])
def test_a_credential_that_cannot_be_sent_is_told(
    admin: Admin, make_upstream: Callable[..., Any], credential: str
) -> None:
    page = admin.act("test_connection", make_upstream(credential=credential))
    assert "cannot be sent" in said(page)
    assert credential not in said(page)


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_a_deployment_is_asked_for_one_token(
    admin: Admin, server: ScriptedServer, make_upstream: Callable[..., Any], make_model: Callable[..., Any],
    kind: str,
) -> None:  # fmt: skip
    model = make_model(upstream=make_upstream(kind=kind, credential="sk-theirs"))
    deployment = model.deployments.get()
    script = Script(says.openai() if kind == "openai" else says.anthropic())
    server.scripts[deployment.upstream_model] = script
    answer = said(admin.act("test_connection", model))
    assert re.search(rf"“{model}” on {deployment}: status 200 in \d+ ms, it answers", answer)
    assert script.asked[-1]["max_tokens"] == 1
    assert "status 200" in said(admin.act("test_connection", deployment))
    assert len(script.asked) == 2


def test_a_deployments_failure_is_told(
    admin: Admin, server: ScriptedServer, make_upstream: Callable[..., Any], make_model: Callable[..., Any]
) -> None:
    for answer, status, expected in [
        ({"error": {"message": "no such model sk-theirs"}}, 404, "status 404 .*no such model •••"),
        ({"ok": True}, 200, "status 200 .*the answer is no completion"),
        (b"<html>Bad gateway</html>", 502, "status 502 .*not JSON"),
    ]:
        model = make_model(upstream=make_upstream(credential="sk-theirs"))
        server.scripts[model.deployments.get().upstream_model] = Script(answer, status=status)
        assert re.search(expected, said(admin.act("test_connection", model)))


def test_an_embedding_model_embeds(
    admin: Admin, server: ScriptedServer, make_model: Callable[..., Any]
) -> None:
    model = make_model(capabilities=["embeddings"])
    script = Script({"data": [{"embedding": [0.1]}]})
    server.scripts[model.deployments.get().upstream_model] = script
    assert "it answers" in said(admin.act("test_connection", model))
    assert script.asked_paths == ["/v1/embeddings"]


def test_an_image_model_is_not_paid_for(admin: Admin, make_model: Callable[..., Any]) -> None:
    assert "costs too much" in said(
        admin.act("test_connection", make_model(capabilities=["image_generation"]))
    )


def test_the_built_in_model_needs_no_test(admin: Admin) -> None:
    from chat.models import PublicModel, Upstream

    assert "part of the portal" in said(admin.act("test_connection", Upstream.objects.get(name="builtin")))
    default = PublicModel.objects.get(name="Waymore-A1-Instruct-1011")
    assert "part of the portal" in said(admin.act("test_connection", default))


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    with llama_server(tmp_path_factory.mktemp("llama")) as running:
        yield running


def test_llama_cpp_is_tested_and_imported(
    admin: Admin, llama: LlamaServer, make_upstream: Callable[..., Any]
) -> None:
    upstream = make_upstream(base_url=f"{llama.base_url}/v1")
    assert f"1 model: {MODEL}" in said(admin.act("test_connection", upstream))
    admin.post(f"upstream/{upstream.pk}/import/", all="1")
    deployment = upstream.deployments.get()
    assert deployment.model.context_window == 4096
    assert "it answers" in said(admin.act("test_connection", deployment))
