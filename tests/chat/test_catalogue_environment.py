"""The catalogue of a start: hosted providers, Ollama, and servers found on this machine."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests import profile
from tests.conformance import says
from tests.conformance.scripted import Script, ScriptedServer, scripted_server
from tests.portal_process import free_port, manage, serve

DEFAULT = "Waymore-A1-Instruct-1011"
Json = dict[str, Any]


EMPTY = "from chat.models import *; PublicModel.objects.all().delete(); Upstream.objects.all().delete()"
START = """
from django.core.management import call_command
call_command("sync_catalogue")
call_command("export_models")
"""


@pytest.fixture(scope="module")
def variables() -> Iterator[dict[str, str]]:
    """Of a portal with data of its own."""
    variables = profile.environment("start")
    profile.create_migrated(variables)
    yield variables
    profile.drop_database(variables)


@pytest.fixture
def fresh(variables: dict[str, str]) -> Callable[..., Json]:
    """Starts with these variables, the first time on nothing, and says what the catalogue is then."""
    code = [EMPTY]

    def start(**more: str) -> Json:
        script = "\n".join([*code, START])
        code.clear()
        return json.loads(manage({**variables, **more}, "shell", "-v0", "-c", script))

    return start


@pytest.fixture
def make_server() -> Iterator[Callable[..., ScriptedServer]]:
    with ExitStack() as stack:

        def make(*models: str, key: str = "") -> ScriptedServer:
            server = stack.enter_context(scripted_server())
            server.models, server.key = [{"id": name} for name in models], key
            return server

        yield make


def root(server: ScriptedServer) -> str:
    return server.base_url.removesuffix("/v1")


def names(catalogue: Json) -> set[str]:
    return {model["name"] for model in catalogue["models"]} - {DEFAULT}


def behind_default(catalogue: Json) -> list[str]:
    """Who serves the default model: upstream/model."""
    default = next(model for model in catalogue["models"] if model["name"] == DEFAULT)
    enabled = {upstream["name"] for upstream in catalogue["upstreams"] if upstream["isEnabled"]}
    return [
        f"{deployment['upstream']}/{deployment['upstreamModel']}"
        for deployment in default["deployments"]
        if deployment["isEnabled"] and deployment["upstream"] in enabled
    ]


def test_with_nothing_the_built_in_model_answers_at_once(fresh: Any) -> None:
    closed = " ".join(str(free_port()) for _ in range(4))
    fresh()
    begun = time.monotonic()
    fresh()
    alone = time.monotonic() - begun
    begun = time.monotonic()
    catalogue = fresh(PORTAL_DISCOVERY="1", PORTAL_DISCOVERY_PORTS=closed)
    assert time.monotonic() - begun < alone + 2
    assert behind_default(catalogue) == ["builtin/builtin"]
    assert names(catalogue) == set()
    (default,) = catalogue["models"]
    assert default["aliases"] == ["gpt-4o"]


def test_openai_joins(fresh: Any, make_server: Callable[..., ScriptedServer]) -> None:
    listed = ("gpt-4o", "gpt-4o-mini", "gpt-5", "text-embedding-3-small", "gpt-image-1", "whisper-1", "tts-1")
    server = make_server(*listed, key="sk-openai")
    its = {"OPENAI_API_KEY": "sk-openai", "OPENAI_BASE_URL": server.base_url}
    catalogue = fresh(**its)
    assert names(catalogue) == set(listed[:5]), "no audio: the portal has no endpoint for it"
    assert behind_default(catalogue) == ["environment-openai/gpt-4o-mini"]
    can = {model["name"]: model["capabilities"] for model in catalogue["models"]}
    assert can["text-embedding-3-small"] == ["embeddings"]
    assert can["gpt-image-1"] == ["image_generation"]
    assert {"vision", "tools"} < set(can["gpt-4o"])
    assert can[DEFAULT] == can["gpt-4o-mini"], "what the model behind it can, the default model can"
    assert fresh(**its) == catalogue, "safe to repeat"


def test_anthropic_joins_and_answers(
    fresh: Any, variables: dict[str, str], make_server: Callable[..., ScriptedServer]
) -> None:
    server = make_server("claude-opus-4-1", "claude-sonnet-4-5", key="sk-ant")
    script = server.scripts["claude-sonnet-4-5"] = Script(says.anthropic())
    its = {"ANTHROPIC_API_KEY": "sk-ant", "ANTHROPIC_BASE_URL": root(server)}
    assert names(fresh(**its)) == {"claude-opus-4-1", "claude-sonnet-4-5"}
    email = ["--email", "a@example.org"]
    manage(variables, "create_user", *email, "--password", "correct-horse-battery")
    key = manage(variables, "create_api_key", *email, "--name", "k", "--permission", "chat").strip()
    with serve({**variables, **its}) as portal:
        body = {"model": DEFAULT, "messages": [{"role": "user", "content": "Hello"}]}
        answer = httpx.post(f"{portal.api}/chat/completions", json=body, headers={"x-api-key": key})
        assert answer.json()["choices"][0]["message"]["content"] == "Hello"
    assert script.asked_headers[-1]["x-api-key"] == "sk-ant"


def test_ollama_joins(fresh: Any, make_server: Callable[..., ScriptedServer]) -> None:
    server = make_server("nomic-embed-text:latest", "llama3.2:latest")
    catalogue = fresh(OLLAMA_HOST=f"0.0.0.0:{server.port}")
    assert names(catalogue) == {"nomic-embed-text:latest", "llama3.2:latest"}
    assert behind_default(catalogue) == ["environment-ollama/llama3.2:latest"]


def test_a_key_that_is_gone_takes_its_models_along(
    fresh: Any, make_server: Callable[..., ScriptedServer]
) -> None:
    server = make_server("gpt-4o", key="sk-openai")
    fresh(OPENAI_API_KEY="sk-openai", OPENAI_BASE_URL=server.base_url)
    catalogue = fresh()
    (upstream,) = (row for row in catalogue["upstreams"] if row["name"] == "environment-openai")
    assert not upstream["isEnabled"]
    assert behind_default(catalogue) == ["builtin/builtin"]
    assert fresh(OPENAI_API_KEY="sk-openai", OPENAI_BASE_URL=server.base_url)["upstreams"][-1]["isEnabled"]


def test_the_named_server_comes_before_the_others(
    fresh: Any, make_server: Callable[..., ScriptedServer]
) -> None:
    hosted, own = make_server("gpt-4o-mini"), make_server("own-model")
    its = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": hosted.base_url, "PORTAL_UPSTREAM_URL": root(own)}
    catalogue = fresh(**its)
    assert behind_default(catalogue) == ["environment/own-model"]
    assert names(catalogue) == {"gpt-4o-mini"}


@pytest.mark.parametrize("fault", ["refuses the key", "is not there"])
def test_a_provider_that_fails_holds_nothing_up(
    fresh: Any, make_server: Callable[..., ScriptedServer], fault: str
) -> None:
    server = make_server("gpt-4o-mini", key="sk-good")
    good = {"OPENAI_API_KEY": "sk-good", "OPENAI_BASE_URL": server.base_url}
    before = fresh(**good)
    if fault == "refuses the key":
        server.key = "sk-another"
        assert fresh(**good) == before, "what was known stays"
    else:
        elsewhere = f"http://127.0.0.1:{free_port()}/v1"
        after = fresh(OPENAI_API_KEY="sk-good", OPENAI_BASE_URL=elsewhere)
        assert after["models"] == before["models"]


def test_a_server_on_this_machine_serves_the_default_model(
    fresh: Any, make_server: Callable[..., ScriptedServer]
) -> None:
    empty, server = make_server(), make_server("embed-small", "llama3.2:latest")
    looking = {"PORTAL_DISCOVERY": "1", "PORTAL_DISCOVERY_PORTS": f"{free_port()},{empty.port},{server.port}"}
    catalogue = fresh(**looking)
    assert behind_default(catalogue) == ["discovered/llama3.2:latest"]
    assert names(catalogue) == set(), "the rest is for an operator to import"
    assert behind_default(fresh(**{**looking, "PORTAL_DISCOVERY": "0"})) == ["builtin/builtin"]
    assert behind_default(fresh(**looking)) == ["discovered/llama3.2:latest"]
    server.models = []
    assert behind_default(fresh(**looking)) == ["builtin/builtin"], "it has no model any more"


def test_an_operators_upstream_ends_the_search(
    fresh: Any, variables: dict[str, str], make_server: Callable[..., ScriptedServer], tmp_path: Any
) -> None:
    fresh()
    file = tmp_path / "catalogue.json"
    file.write_text('{"upstreams": [{"name": "mine", "kind": "openai", "baseUrl": "http://10.0.0.9/v1"}]}')
    manage(variables, "import_models", str(file))
    server = make_server("llama3.2:latest")
    fresh(PORTAL_DISCOVERY="1", PORTAL_DISCOVERY_PORTS=str(server.port))
    assert server.list_headers == []


def test_an_operators_choice_for_the_default_model_stays(
    fresh: Any, variables: dict[str, str], make_server: Callable[..., ScriptedServer], tmp_path: Any
) -> None:
    fresh()
    file = tmp_path / "catalogue.json"
    file.write_text(f"""{{
        "upstreams": [{{"name": "mine", "kind": "openai", "baseUrl": "http://10.0.0.9/v1"}}],
        "models": [{{"name": "{DEFAULT}", "deployments": [{{"upstream": "mine", "upstreamModel": "m"}}]}}]
    }}""")
    manage(variables, "import_models", str(file))
    server = make_server("gpt-4o-mini")
    catalogue = fresh(OPENAI_API_KEY="k", OPENAI_BASE_URL=server.base_url)
    assert behind_default(catalogue) == ["mine/m"]
    assert names(catalogue) == {"gpt-4o-mini"}


OLLAMA_HOSTS = {
    "127.0.0.1": "http://127.0.0.1:11434",
    "0.0.0.0": "http://127.0.0.1:11434",
    ":4000": "http://127.0.0.1:4000",
    "gpu.local:4000": "http://gpu.local:4000",
    "http://gpu.local": "http://gpu.local:80",
    "https://gpu.local/ollama/": "https://gpu.local:443/ollama",
    "[::1]:4000": "http://[::1]:4000",
}


@pytest.mark.parametrize(("value", "expected"), OLLAMA_HOSTS.items(), ids=OLLAMA_HOSTS)
def test_ollama_host_is_read_as_ollama_reads_it(value: str, expected: str) -> None:
    from portal.environment import read

    assert read({"OLLAMA_HOST": value}).ollama_host == expected


def test_the_usual_ports_are_looked_at() -> None:
    from portal.environment import read

    environment = read({})
    assert environment.portal_discovery
    assert environment.portal_discovery_ports == (11434, 1234, 8080, 8001)
