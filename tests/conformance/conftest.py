"""A caller of either format, in front of an upstream of either format, over HTTP."""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests import profile
from tests.conformance import says
from tests.conformance.scripted import CREDENTIAL, Script, ScriptedServer, scripted_server
from tests.gateway.test_sse import parse
from tests.portal_process import PortalProcess, serve

Json = dict[str, Any]
PATHS = {"openai": "/chat/completions", "anthropic": "/v1/messages"}
HELLO = [{"role": "user", "content": "Hello"}]
_numbers = itertools.count(1)


@dataclass
class Upstream:
    """A public model of its own, its script, and ways to ask for it."""

    model: str
    script: Script
    client: httpx.Client

    def post(
        self, wire: str = "openai", path: str = "", headers: Any = None, **fields: Any
    ) -> httpx.Response:
        asked = {} if {"input", "prompt"} & fields.keys() else {"messages": HELLO}
        body = {"model": self.model, **asked, **fields}
        if wire == "anthropic":
            body.setdefault("max_tokens", 100)
        return self.client.post(path or PATHS[wire], json=body, headers=headers)

    def ask(self, wire: str = "openai", **fields: Any) -> Json:
        response = self.post(wire, **fields)
        assert response.status_code == 200, response.text
        return response.json()

    def stream(self, wire: str = "openai", **fields: Any) -> list[Json]:
        """The data of each event, `[DONE]` left out."""
        response = self.post(wire, stream=True, **fields)
        assert response.status_code == 200, response.text
        return [json.loads(event.data) for event in parse(response.content) if event.data != b"[DONE]"]

    def refused(self, wire: str = "openai", **fields: Any) -> str:
        """The message of a 400, after which nobody has been asked."""
        response = self.post(wire, **fields)
        assert response.status_code == 400, response.text
        assert not self.script.asked
        return response.json()["error"]["message"]

    @property
    def seen(self) -> Json:
        """The body the model server got."""
        return self.script.asked[-1]


@pytest.fixture(scope="session")
def scripted() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        yield server


@pytest.fixture
def caller(portal: PortalProcess, alice: Any, make_key: Callable[..., str]) -> Iterator[httpx.Client]:
    """Alice with a key that may do everything."""
    key = make_key(alice, "chat", "vision", "image", "embeddings")
    with httpx.Client(base_url=portal.api, headers={"x-api-key": key}, timeout=30) as client:
        yield client


@pytest.fixture
def upstream(scripted: ScriptedServer, caller: httpx.Client) -> Iterator[Callable[..., Upstream]]:
    """`upstream("openai", answer=…)` or `upstream("anthropic", pieces=…)`; without either, a plain Hello. No
    list has them after the test: a thousand models would make every other test's pages long."""
    from chat.models import Deployment, PublicModel
    from chat.models import Upstream as UpstreamRow

    made = []

    def make(kind: str, answer: Json | bytes | None = None, **fields: Any) -> Upstream:
        if answer is None and not fields.get("pieces"):
            answer = says.openai() if kind == "openai" else says.anthropic()
        script = Script(answer, **fields)
        name = f"scripted-{next(_numbers)}"
        scripted.scripts[f"theirs-{name}"] = script
        row, _ = UpstreamRow.objects.get_or_create(
            name=f"scripted-{kind}-{scripted.port}",
            defaults={"kind": kind, "base_url": scripted.base_url, "credential": CREDENTIAL},
        )
        model = PublicModel.objects.create(name=name)
        Deployment.objects.create(model=model, upstream=row, upstream_model=f"theirs-{name}")
        made.append(name)
        return Upstream(name, script, caller)

    yield make
    PublicModel.objects.filter(name__in=made).update(is_enabled=False)


@pytest.fixture
def openai(upstream: Callable[..., Upstream]) -> Callable[..., Upstream]:
    return lambda *args, **fields: upstream("openai", *args, **fields)


@pytest.fixture
def anthropic(upstream: Callable[..., Upstream]) -> Callable[..., Upstream]:
    return lambda *args, **fields: upstream("anthropic", *args, **fields)


@pytest.fixture(scope="session")
def patient_portal(portal: PortalProcess) -> Iterator[PortalProcess]:
    """The same data behind a process that fills silence after a second."""
    with serve(profile.MAIN, PORTAL_KEEP_ALIVE_SECONDS="1") as running:
        yield running
