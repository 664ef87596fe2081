"""An upstream's cap on calls at once, through several processes (battery L04)."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests import profile
from tests.conformance import says
from tests.conformance.conftest import HELLO, Upstream
from tests.portal_process import PortalProcess, serve

CAP, QUEUE = 3, 4


@pytest.fixture(scope="session")
def doors(portal: PortalProcess) -> Iterator[list[PortalProcess]]:
    """Two processes where Redis lets them know of each other, else the one there is."""
    if profile.PROFILE != "scale":
        yield [portal]
        return
    with serve(profile.MAIN) as second:
        yield [portal, second]


@pytest.fixture
def capped(upstream: Callable[..., Upstream]) -> Callable[..., Upstream]:
    from chat.models import Deployment
    from chat.models import Upstream as UpstreamRow

    def make(wait: int, **script: Any) -> Upstream:
        made = upstream("openai", **script)
        deployment = Deployment.objects.get(model__name=made.model)
        url = deployment.upstream.base_url
        limits = {"max_concurrency": CAP, "max_queue": QUEUE, "queue_timeout": wait}
        deployment.upstream = UpstreamRow.objects.create(
            name=made.model, kind="openai", base_url=url, **limits
        )
        deployment.save()
        return made

    return make


def ask_at_once(server: Upstream, doors: list[PortalProcess], count: int, **fields: Any) -> Counter[int]:
    def one(number: int) -> int:
        url = f"{doors[number % len(doors)].api}/chat/completions"
        body = {"model": server.model, "messages": HELLO, **fields}
        return httpx.post(url, json=body, headers=server.client.headers, timeout=30).status_code

    with ThreadPoolExecutor(count) as pool:
        return Counter(pool.map(one, range(count)))


@pytest.mark.parametrize("stream", [False, True])
def test_few_run_few_wait_and_the_rest_is_told_l04(
    capped: Callable[..., Upstream], doors: list[PortalProcess], stream: bool
) -> None:
    pieces = says.openai_stream(*[says.openai_chunk(content="word ")] * 4)
    server = capped(30, answer=says.openai(), delay=1, pieces=pieces if stream else ())
    assert ask_at_once(server, doors, 20, stream=stream) == {200: CAP + QUEUE, 503: 20 - CAP - QUEUE}
    assert server.script.most_running == CAP


def test_who_waits_honours_the_deadline_l04(
    capped: Callable[..., Upstream], doors: list[PortalProcess]
) -> None:
    server = capped(1, answer=says.openai(), delay=6)
    verdicts = ask_at_once(server, doors, CAP + 2)
    assert verdicts == {200: CAP, 503: 2}
    assert server.script.most_running == CAP


def test_to_count_what_was_said_takes_no_place_l04(
    capped: Callable[..., Upstream], doors: list[PortalProcess], alice: Any
) -> None:
    """Of a server that tells no counts, at the end of a stream whose own place is the last one."""
    from usage.models import UsageRecord

    pieces = says.openai_stream(*[says.openai_chunk(content="word ")] * 4)
    silent = [piece for piece in pieces if piece != says.OPENAI_USAGE]
    server = capped(30, pieces=silent, pause=0.2, counts=lambda body: {"count": 7})
    assert ask_at_once(server, doors, CAP, stream=True) == {200: CAP}
    rows = UsageRecord.objects.filter(user=alice)
    assert list(rows.values_list("tokens_source", "output_tokens")) == [("counted", 7)] * CAP


def test_a_place_is_given_back_however_the_call_ends_l04(
    capped: Callable[..., Upstream], doors: list[PortalProcess], eventually: Callable[..., Any]
) -> None:
    server = capped(1, answer=says.openai(), delay=0.5, status=400)
    assert ask_at_once(server, doors, CAP) == {400: CAP}
    body = {"model": server.model, "messages": HELLO}
    for _ in range(CAP):
        with pytest.raises(httpx.ReadTimeout):
            server.client.post("/chat/completions", json=body, timeout=0.2)
    server.script.status, server.script.delay = 200, 0
    assert eventually(lambda: ask_at_once(server, doors, CAP) == {200: CAP})
