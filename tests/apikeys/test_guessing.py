"""Who tries keys that are none is told to wait; who has one is not (battery L05)."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from apikeys.secrets import generate
from tests import profile
from tests.portal_process import PortalProcess, serve
from tests.usage.test_ledger import ask

DOORS = ["/chat/completions", "/v1/messages", "/models"]


@pytest.fixture(scope="module", params=["1", "0"], ids=["fast path", "views"])
def strict(request: pytest.FixtureRequest, portal: PortalProcess) -> Iterator[PortalProcess]:
    """The same data behind a process that hears five wrong keys an hour."""
    with serve(profile.MAIN, PORTAL_WRONG_KEY_RATE="5/h", PORTAL_FAST_PATH=request.param) as running:
        yield running


@pytest.fixture
def knock(strict: PortalProcess, request: pytest.FixtureRequest) -> Iterator[Callable[..., httpx.Response]]:
    """From an address of this test's own."""
    number = abs(hash((request.node.nodeid, strict.url))) % 60_000
    transport = httpx.HTTPTransport(local_address=f"127.9.{number // 250}.{number % 250 + 1}")
    with httpx.Client(base_url=strict.api, transport=transport, timeout=30) as client:

        def call(path: str, secret: str) -> httpx.Response:
            headers = {"x-api-key": secret}
            if path == "/models":
                return client.get(path, headers=headers)
            return client.post(path, headers=headers, json={**ask("Count to 1"), "max_tokens": 5})

        yield call


@pytest.mark.parametrize("path", DOORS)
def test_after_some_wrong_keys_more_are_told_to_wait_l05(
    knock: Callable[..., httpx.Response], alice: Any, make_key: Callable[..., str], path: str
) -> None:
    wrong = ["sk-wrong", generate(), "x", generate(), generate()]
    assert [knock(path, secret).status_code for secret in wrong] == [401] * 5
    refused = knock(path, generate())
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    assert "error" in refused.json()
    assert knock(path, make_key(alice)).status_code == 200, "a neighbour behind the same address"
    assert knock(path, "sk-wrong").status_code == 429


def test_all_doors_count_together_l05(knock: Callable[..., httpx.Response]) -> None:
    assert [knock(DOORS[number % 3], generate()).status_code for number in range(6)] == [401] * 5 + [429]
