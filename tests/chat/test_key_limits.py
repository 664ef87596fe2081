"""A key's limits over HTTP: exact in every process, given back, and told in both formats (L, O32, A30)."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import anthropic
import httpx
import openai
import pytest

from tests import profile
from tests.portal_process import PortalProcess, free_port, serve
from tests.prices import set_prices
from tests.services import ping_redis
from tests.usage.test_ledger import MODEL, ask
from usage.models import Status, UsageRecord

MakeKey = Callable[..., str]
PATHS = {"openai": "/chat/completions", "anthropic": "/v1/messages"}
WIRES = pytest.mark.parametrize("wire", PATHS)


def body(wire: str, text: str = "Count to 3", **fields: Any) -> dict[str, Any]:
    return ask(text, **({"max_tokens": 50} if wire == "anthropic" else {}), **fields)


@pytest.fixture(params=["fast path", "without fast path"])
def door(request: pytest.FixtureRequest, portal: PortalProcess) -> PortalProcess:
    if request.param == "fast path":
        return portal
    return request.getfixturevalue("portal_without_fast_path")


@pytest.fixture
def caller(portal: PortalProcess) -> Iterator[Callable[..., httpx.Client]]:
    clients = []

    def make(secret: str, portal: PortalProcess = portal) -> httpx.Client:
        clients.append(httpx.Client(base_url=portal.api, headers={"x-api-key": secret}, timeout=60))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


Caller = Callable[..., httpx.Client]


def rows(user: Any) -> int:
    return UsageRecord.objects.filter(user=user).count()


def left(client: httpx.Client, wire: str = "openai", unit: str = "tokens") -> int:
    """What a refused request's answer says is left: such a request changes nothing."""
    response = client.post(PATHS[wire], json={"nonsense": 1})
    assert response.status_code == 400
    name = f"x-ratelimit-remaining-{unit}" if wire == "openai" else f"anthropic-ratelimit-{unit}-remaining"
    return int(response.headers[name])


def test_thirty_of_two_hundred_through_every_process_l01(
    portals: list[PortalProcess], alice: Any, make_key: MakeKey
) -> None:
    secret = make_key(alice, rpm_limit=30)

    def call(number: int) -> int:
        url = f"{portals[number % len(portals)].api}/chat/completions"
        return httpx.post(url, headers={"x-api-key": secret}, json=ask("Count to 1"), timeout=60).status_code

    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(call, range(200)))
    assert (answers.count(200), answers.count(429)) == (30, 170)
    assert rows(alice) == 30


def test_fifty_streams_never_exceed_a_quota_l02(
    portals: list[PortalProcess], alice: Any, make_key: MakeKey
) -> None:
    secret = make_key(alice, daily_limit=2000, monthly_limit=100_000)

    def call(number: int) -> int:
        client = {"headers": {"x-api-key": secret}, "timeout": 60}
        url = f"{portals[number % len(portals)].api}/chat/completions"
        asked = ask("Count to 40", stream=True, max_tokens=60)
        with httpx.stream("POST", url, json=asked, **client) as response:  # type: ignore[arg-type]
            response.read()
            return response.status_code

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(call, range(50)))
    assert set(answers) == {200, 429}
    settled = UsageRecord.objects.filter(user=alice)
    used = sum(row.input_tokens + row.output_tokens for row in settled)
    assert settled.count() == answers.count(200)
    assert {row.status for row in settled} == {Status.COMPLETE}
    assert used <= 2000 + 60
    with httpx.Client(base_url=portals[0].api, headers={"x-api-key": secret}) as client:
        assert left(client) == max(0, 2000 - used)


@WIRES
def test_nothing_is_told_of_a_key_without_limits(portal: PortalProcess, secret: str, wire: str) -> None:
    headers = {"x-api-key": secret}
    response = httpx.post(portal.api + PATHS[wire], headers=headers, json=body(wire))
    assert response.status_code == 200
    assert "ratelimit" not in str(response.headers)


def test_openai_callers_read_their_limits_o32(
    door: PortalProcess, alice: Any, make_key: MakeKey, caller: Caller
) -> None:
    client = caller(make_key(alice, rpm_limit=7, daily_limit=90_000, monthly_limit=50_000), door)
    whole = client.post(PATHS["openai"], json=body("openai"))
    assert whole.headers["x-request-id"].startswith("req_")
    used = whole.json()["usage"]["total_tokens"]
    assert whole.headers["x-ratelimit-limit-requests"] == "7"
    assert whole.headers["x-ratelimit-remaining-requests"] == "6"
    assert whole.headers["x-ratelimit-reset-requests"] in ("1m0s", "60s", "59s")
    assert whole.headers["x-ratelimit-limit-tokens"] == "50000"
    assert whole.headers["x-ratelimit-remaining-tokens"] == str(50_000 - used)
    assert whole.headers["x-ratelimit-reset-tokens"].endswith("s")
    stream = client.post(PATHS["openai"], json=body("openai", stream=True, max_tokens=100))
    assert stream.headers["x-ratelimit-remaining-requests"] == "5"
    assert 50_000 - used - 260 < int(stream.headers["x-ratelimit-remaining-tokens"]) < 50_000 - used - 100
    assert "anthropic" not in str(stream.headers)


def test_anthropic_callers_read_their_limits_a30(
    door: PortalProcess, alice: Any, make_key: MakeKey, caller: Caller
) -> None:
    client = caller(make_key(alice, rpm_limit=7, daily_limit=90_000), door)
    headers = client.post(PATHS["anthropic"], json=body("anthropic")).headers
    assert headers["anthropic-ratelimit-requests-limit"] == "7"
    assert headers["anthropic-ratelimit-requests-remaining"] == "6"
    resets = datetime.fromisoformat(headers["anthropic-ratelimit-requests-reset"])
    assert timedelta(seconds=40) < resets - datetime.now(UTC) <= timedelta(seconds=60)
    assert headers["anthropic-ratelimit-tokens-limit"] == "90000"
    assert 89_900 < int(headers["anthropic-ratelimit-tokens-remaining"]) < 90_000
    midnight = datetime.fromisoformat(headers["anthropic-ratelimit-tokens-reset"])
    assert (midnight.hour, midnight.minute, midnight.second) == (0, 0, 0)
    assert "x-ratelimit" not in str(headers)


@pytest.mark.parametrize(
    "fields", [{"model": "nope"}, {"messages": "x"}, {"messages": []}, {"model": None}, {"tools": 1}]
)
def test_a_refused_request_counts_nowhere_and_still_tells_o32(
    alice: Any, make_key: MakeKey, caller: Caller, fields: dict[str, Any]
) -> None:
    client = caller(make_key(alice, rpm_limit=7, daily_limit=1000))
    for _ in range(2):
        response = client.post(PATHS["openai"], json={**body("openai"), **fields})
        assert response.status_code in (400, 404), response.text
        assert response.headers["x-ratelimit-remaining-requests"] == "7"
        assert response.headers["x-ratelimit-remaining-tokens"] == "1000"
    assert rows(alice) == 0


def test_too_many_requests_are_told_what_and_when_o32(
    door: PortalProcess, alice: Any, make_key: MakeKey, caller: Caller
) -> None:
    client = caller(make_key(alice, rpm_limit=2), door)
    for _ in range(2):
        assert client.post(PATHS["openai"], json=body("openai")).status_code == 200
    refused = client.post(PATHS["openai"], json=body("openai"))
    assert refused.status_code == 429
    error = refused.json()["error"]
    assert (error["type"], error["code"]) == ("rate_limit_exceeded", "rate_limit_exceeded")
    assert "2 requests per minute" in error["message"]
    assert "0 left" in error["message"]
    assert "resets at 20" in error["message"]
    assert 50 < int(refused.headers["retry-after"]) <= 60
    assert refused.headers["x-ratelimit-remaining-requests"] == "0"
    assert rows(alice) == 2


def test_too_many_requests_of_an_anthropic_caller_a30(
    door: PortalProcess, alice: Any, make_key: MakeKey, caller: Caller
) -> None:
    client = caller(make_key(alice, rpm_limit=1), door)
    assert client.post(PATHS["anthropic"], json=body("anthropic")).status_code == 200
    refused = client.post(PATHS["anthropic"], json=body("anthropic"))
    assert (refused.status_code, refused.json()["error"]["type"]) == (429, "rate_limit_error")
    assert refused.headers["anthropic-ratelimit-requests-remaining"] == "0"
    assert int(refused.headers["retry-after"]) > 50


@pytest.mark.parametrize("limit", ["daily_limit", "monthly_limit"])
def test_a_used_up_quota_is_told_so(alice: Any, make_key: MakeKey, caller: Caller, limit: str) -> None:
    client = caller(make_key(alice, **{limit: 100}))
    answer = client.post(PATHS["openai"], json=body("openai", "Count to 90"))
    assert answer.status_code == 200
    refused = client.post(PATHS["openai"], json=body("openai"))
    assert refused.status_code == 429
    error = refused.json()["error"]
    assert (error["type"], error["code"]) == ("insufficient_quota", "insufficient_quota")
    assert f"100 tokens per {'day' if limit == 'daily_limit' else 'month'}" in error["message"]
    assert int(refused.headers["retry-after"]) >= 1
    assert rows(alice) == 1


@pytest.fixture
def priced_model() -> Iterator[str]:
    from chat.models import Deployment, PublicModel, Upstream

    model = set_prices(PublicModel.objects.create(name=f"priced-{uuid4()}"), output=Decimal("1000"))
    upstream = Upstream.objects.get(name="builtin")
    Deployment.objects.create(model=model, upstream=upstream, upstream_model="builtin")
    yield model.name
    model.delete()


def test_a_cap_on_cost_stops_what_costs(
    alice: Any, make_key: MakeKey, caller: Caller, priced_model: str
) -> None:
    """A thousandth a token: ten of them are the cap."""
    client = caller(make_key(alice, monthly_cost_limit=Decimal("0.01")))
    priced = {**body("openai", "Count to 10"), "model": priced_model}
    assert client.post(PATHS["openai"], json=priced).status_code == 200
    assert UsageRecord.objects.get(user=alice).cost == Decimal("0.01")
    refused = client.post(PATHS["openai"], json=priced)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "insufficient_quota")
    assert "limit of 0.01 per month (cost)" in refused.json()["error"]["message"]
    free = client.post(PATHS["openai"], json=body("openai"))
    assert free.status_code == 200, "a model that costs nothing"


def test_a_failed_call_gives_back_what_was_set_aside(
    alice: Any, make_key: MakeKey, caller: Caller, eventually: Callable[..., Any]
) -> None:
    from chat.models import Deployment, PublicModel, Upstream

    upstream = Upstream.objects.create(
        name=f"gone-{uuid4()}", kind="openai", base_url=f"http://127.0.0.1:{free_port()}/v1"
    )
    model = PublicModel.objects.create(name=f"gone-{uuid4()}")
    Deployment.objects.create(model=model, upstream=upstream, upstream_model="gone")
    client = caller(make_key(alice, daily_limit=1000))
    for stream in (False, True):
        failed = client.post(PATHS["openai"], json={**body("openai", stream=stream), "model": model.name})
        assert failed.status_code == 502
        assert failed.headers["x-ratelimit-remaining-tokens"] == "1000"
    assert left(client) == 1000
    assert rows(alice) == 2


def test_a_caller_who_leaves_gives_back_the_rest(
    alice: Any, make_key: MakeKey, caller: Caller, eventually: Callable[..., Any]
) -> None:
    client = caller(make_key(alice, daily_limit=5000))
    asked = ask("Count to 1000", stream=True, max_tokens=4000)
    with client.stream("POST", PATHS["openai"], json=asked) as response:
        assert int(response.headers["x-ratelimit-remaining-tokens"]) < 1000
        for _, _ in zip(range(20), response.iter_lines(), strict=False):
            pass
    row = eventually(lambda: UsageRecord.objects.filter(user=alice).exclude(status=Status.OPEN).first())
    assert row.status == Status.CANCELLED
    eventually(lambda: left(client) == 5000 - row.input_tokens - row.output_tokens)


def test_a_repeated_call_is_not_counted_again(alice: Any, make_key: MakeKey, caller: Caller) -> None:
    client = caller(make_key(alice, rpm_limit=5))
    client.headers["idempotency-key"] = str(uuid4())
    first = client.post(PATHS["openai"], json=body("openai"))
    again = client.post(PATHS["openai"], json=body("openai"))
    assert again.headers["idempotent-replayed"] == "true"
    assert first.json() == again.json()
    assert again.headers["x-ratelimit-remaining-requests"] == "4"


def test_the_sdks_raise_and_read_them_o32(portal: PortalProcess, alice: Any, make_key: MakeKey) -> None:
    key = make_key(alice, rpm_limit=1)
    message: Any = [{"role": "user", "content": "Hi"}]
    with openai.OpenAI(base_url=portal.api, api_key=key, max_retries=0) as client:
        raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=message)
        assert raw.headers["x-ratelimit-remaining-requests"] == "0"
        with pytest.raises(openai.RateLimitError) as caught:
            client.chat.completions.create(model=MODEL, messages=message)
    assert caught.value.code == "rate_limit_exceeded"
    with (
        anthropic.Anthropic(base_url=portal.api, api_key=key, max_retries=0) as other,
        pytest.raises(anthropic.RateLimitError),
    ):
        other.messages.create(model=MODEL, max_tokens=9, messages=message)


@contextmanager
def redis_server(port: int) -> Iterator["subprocess.Popen[bytes]"]:
    server = shutil.which("redis-server")
    assert server, "tests.services installs it"
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen([server, *options], stdout=subprocess.DEVNULL)
    try:
        while not ping_redis(port):
            assert process.poll() is None
        yield process
    finally:
        process.kill()
        process.wait()


def test_redis_gone_and_back_empty_f02(alice: Any, make_key: MakeKey, eventually: Callable[..., Any]) -> None:
    """A Redis of its own: stopped, then started anew with nothing in it."""
    port = free_port()
    limited = {"x-api-key": make_key(alice, rpm_limit=5, daily_limit=10_000)}
    free = {"x-api-key": make_key(alice)}
    with redis_server(port) as first, serve(profile.MAIN, REDIS_URL=f"redis://127.0.0.1:{port}/0") as portal:
        url = portal.api + PATHS["openai"]

        def call(headers: dict[str, str]) -> httpx.Response:
            return httpx.post(url, headers=headers, json=ask("Count to 5"), timeout=30)

        used = sum(call(limited).json()["usage"]["total_tokens"] for _ in range(2))
        first.kill()
        first.wait()
        refused = call(limited)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "overloaded")
        assert refused.headers["retry-after"] == "1"
        assert call(free).status_code == 200
        with redis_server(port):
            answer = eventually(lambda: (reply := call(limited)).status_code == 200 and reply)
            assert answer.headers["x-ratelimit-remaining-requests"] == "2"
            used += answer.json()["usage"]["total_tokens"]
            assert answer.headers["x-ratelimit-remaining-tokens"] == str(10_000 - used)
