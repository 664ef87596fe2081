"""Whatever a model server does wrong, the caller gets the documented error and the ledger one row (F04)."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.engines.fault_server import FAULTS, SECRET, FaultServer, fault_server
from tests.gateway.test_sse import parse
from tests.portal_process import PortalProcess, free_port

PATHS = {"openai": "/chat/completions", "anthropic": "/v1/messages"}

# What the caller sees when nothing has reached it yet.
BEFORE = {
    "refused": 502,
    "hang": 504,
    "reset": 502,
    "reset after headers": 502,
    "drip": 504,
    "error with status 200": 502,
    "HTML 502": 502,
    "400": 400,
    "401": 502,
    "403": 502,
    "404": 502,
    "413": 400,
    "429": 503,
    "429 later": 503,
    "500": 502,
    "503": 503,
    "529": 503,
}
# What ends a stream that has begun.
MIDDLE = {
    "reset in the middle": "upstream_error",
    "silence in the middle": "timeout",
    "broken off": "upstream_error",
    "invalid UTF-8": "upstream_error",
    "invalid JSON": "upstream_error",
    "not an object": "upstream_error",
    "nonsense": "upstream_error",
    "too large": "upstream_error",
    "error in the stream": "upstream_error",
}


@pytest.fixture(scope="session")
def faults() -> Iterator[FaultServer]:
    with fault_server() as server:
        yield server


@pytest.fixture(scope="session")
def ask(faults: FaultServer, portal: PortalProcess) -> Callable[..., httpx.Response]:
    """Asks for the model that fails in this way."""
    from chat.models import Deployment, PublicModel, Upstream

    limits = {"first_byte_timeout": 1, "idle_timeout": 1, "total_timeout": 3}
    connection = {"kind": "openai", "credential": SECRET, "extra_headers": {"x-team": "research"}}
    working = Upstream.objects.create(name="faulty", base_url=faults.base_url, **connection, **limits)
    dead_url = f"http://127.0.0.1:{free_port()}/v1"
    dead = Upstream.objects.create(name="dead", base_url=dead_url, **connection, **limits)
    for name in [*FAULTS, "refused"]:
        model = PublicModel.objects.create(name=f"fault {name}")
        upstream = dead if name == "refused" else working
        Deployment.objects.create(model=model, upstream=upstream, upstream_model=name)

    def post(name: str, wire: str, secret: str, stream: bool) -> httpx.Response:
        body = {"model": f"fault {name}", "max_tokens": 5, "stream": stream}
        body["messages"] = [{"role": "user", "content": "Hello"}]
        headers = {"x-api-key": secret}
        return httpx.post(portal.api + PATHS[wire], headers=headers, json=body, timeout=20)

    return post


def row_of(user: Any) -> Any:
    from usage.models import UsageRecord

    return UsageRecord.objects.get(user=user)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("wire", PATHS)
@pytest.mark.parametrize("name", BEFORE)
def test_before_the_first_byte_it_is_a_status_f04_s04(
    ask: Callable[..., httpx.Response],
    faults: FaultServer,
    alice: Any,
    secret: str,
    name: str,
    wire: str,
    stream: bool,
) -> None:
    response = ask(name, wire, secret, stream)
    status = {503: 529}.get(BEFORE[name], BEFORE[name]) if wire == "anthropic" else BEFORE[name]
    assert response.status_code == status
    assert response.json()["error"]["message"]
    assert response.headers.get("retry-after") == ("600" if name == "429 later" else None)
    assert_nothing_leaks(response, faults)
    row = row_of(alice)
    assert (row.status, row.output_tokens) == ("failed", 0)


@pytest.mark.parametrize("wire", PATHS)
@pytest.mark.parametrize("name", MIDDLE)
def test_after_it_the_stream_says_so_f04_s05(
    ask: Callable[..., httpx.Response], faults: FaultServer, alice: Any, secret: str, name: str, wire: str
) -> None:
    response = ask(name, wire, secret, True)
    assert response.status_code == 200
    last = parse(response.content)[-1]
    assert b'"error"' in last.data
    assert b"[DONE]" not in response.content
    assert b"message_stop" not in response.content
    if wire == "anthropic":
        assert last.event == "error"
    assert "world" in response.text
    assert_nothing_leaks(response, faults)
    row = row_of(alice)
    assert (row.status, row.error_type, row.tokens_source) == ("failed", MIDDLE[name], "estimated")
    assert row.output_tokens == 3, "the tokens known so far"


def test_a_finish_without_done_is_a_whole_answer_s03(
    ask: Callable[..., httpx.Response], alice: Any, secret: str
) -> None:
    response = ask("finished without DONE", "openai", secret, True)
    assert response.content.endswith(b"data: [DONE]\n\n")
    assert row_of(alice).status == "complete"


def test_the_upstream_gets_its_own_credential_and_name_o09(
    ask: Callable[..., httpx.Response], faults: FaultServer, secret: str
) -> None:
    ask("500", "openai", secret, False)
    headers, body = faults.requests[-1]
    assert headers["authorization"] == f"Bearer {SECRET}"
    assert headers["x-team"] == "research"
    assert body["model"] == "500"
    assert secret not in str(faults.requests)


def test_neither_credential_nor_address_is_in_the_log(
    ask: Callable[..., httpx.Response], portal: PortalProcess, faults: FaultServer, secret: str
) -> None:
    ask("reset", "openai", secret, False)
    ask("reset in the middle", "openai", secret, True)
    log = portal.log.read_text()
    assert SECRET not in log
    assert secret not in log
    assert f":{faults.port}" not in log


def assert_nothing_leaks(response: httpx.Response, faults: FaultServer) -> None:
    for hidden in (SECRET, f":{faults.port}", "127.0.0.1"):
        assert hidden not in response.text
        assert hidden not in str(response.headers)


def test_every_fault_has_its_case() -> None:
    assert {*BEFORE, *MIDDLE, "finished without DONE"} == {*FAULTS, "refused"}
