"""A person's custom instructions reach the model in the browser chat, and nowhere else."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from tests.engines.fault_server import FaultServer, fault_server
from tests.portal_process import PortalProcess


@pytest.fixture
def upstream() -> Iterator[FaultServer]:
    """Remembers what it was asked; what it answers does not matter."""
    from chat.models import Deployment, PublicModel, Upstream

    with fault_server() as server:
        row = Upstream.objects.create(name="listening", kind="openai", base_url=server.base_url)
        # The catalogue is remembered for a second: each test has a name of its own.
        model = PublicModel.objects.create(name=f"listening {server.port}")
        Deployment.objects.create(model=model, upstream=row, upstream_model="400")
        yield server
        model.delete()
        row.delete()


def messages(upstream: FaultServer) -> list[dict[str, str]]:
    return list(upstream.requests[-1][1]["messages"])  # type: ignore[call-overload]


def ask_in_the_browser(portal: PortalProcess, browser: httpx.Client, upstream: FaultServer) -> None:
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    url = portal.url.replace("http", "ws") + "/ws/chat"
    command = {
        "type": "ask",
        "session": None,
        "text": "Hi",
        "model": f"listening {upstream.port}",
        "ref": "1",
    }
    with connect(url, additional_headers={"Cookie": cookies}, origin=portal.url) as socket:  # type: ignore[arg-type]
        socket.send(json.dumps(command))
        assert json.loads(socket.recv(timeout=10))["type"] == "asked"


def test_they_come_before_the_question(
    portal: PortalProcess, sign_in: Callable[..., httpx.Client], alice: Any, upstream: Any, eventually: Any
) -> None:
    from accounts.profile.services import update_profile

    update_profile(user=alice, changes={"instructions": "Answer like a cat."})
    ask_in_the_browser(portal, sign_in(alice), upstream)
    eventually(lambda: upstream.requests)
    assert messages(upstream) == [
        {"role": "system", "content": "Answer like a cat."},
        {"role": "user", "content": "Hi"},
    ]


def test_without_any_the_model_hears_the_question_only(
    portal: PortalProcess, sign_in: Callable[..., httpx.Client], alice: Any, upstream: Any, eventually: Any
) -> None:
    ask_in_the_browser(portal, sign_in(alice), upstream)
    eventually(lambda: upstream.requests)
    assert messages(upstream) == [{"role": "user", "content": "Hi"}]


def test_a_key_is_the_programs_own_matter(api: httpx.Client, alice: Any, upstream: FaultServer) -> None:
    from accounts.profile.services import update_profile

    update_profile(user=alice, changes={"instructions": "Answer like a cat."})
    body = {"model": f"listening {upstream.port}", "messages": [{"role": "user", "content": "Hi"}]}
    api.post("/chat/completions", json=body)
    assert messages(upstream) == [{"role": "user", "content": "Hi"}]
