"""Several deployments of one model, over HTTP: order, fallback, retries, a cool-down all processes know."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.conformance import says
from tests.conformance.conftest import HELLO, PATHS
from tests.conformance.scripted import CREDENTIAL, Script, ScriptedServer
from tests.portal_process import PortalProcess

FAILURE = {"error": {"message": "its reason"}}


@pytest.fixture
def model(scripted: ScriptedServer) -> Callable[..., str]:
    """A model with a deployment for each script, in that order."""
    from chat.models import Deployment, PublicModel, Upstream

    def make(*scripts: Script, kinds: tuple[str, ...] = ("openai", "openai")) -> str:
        # Of this run alone: what cooled down in the last one is remembered for a while.
        name = f"routed-{uuid4().hex[:12]}"
        row = PublicModel.objects.create(name=name)
        for number, script in enumerate(scripts):
            theirs = f"{name}-{number}"
            scripted.scripts[theirs] = script
            address = {"kind": kinds[number], "base_url": scripted.base_url, "credential": CREDENTIAL}
            upstream = Upstream.objects.create(name=theirs, **address)
            Deployment.objects.create(model=row, upstream=upstream, upstream_model=theirs, priority=number)
        return name

    return make


def ask(
    portal: PortalProcess, caller: httpx.Client, model: str, wire: str = "openai", **fields: Any
) -> httpx.Response:
    body = {"model": model, "max_tokens": 9, "messages": HELLO, **fields}
    return httpx.post(portal.api + PATHS[wire], json=body, headers=caller.headers, timeout=30)


def working() -> Script:
    return Script(says.openai("From the second"), pieces=())


@pytest.mark.parametrize("wire", PATHS)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_another_deployment_answers(
    portal: PortalProcess, caller: httpx.Client, alice: Any, model: Any, wire: str, stream: bool, status: int
) -> None:
    """And the ledger has one row, which names the one that did."""
    from usage.models import UsageRecord

    pieces = says.openai_stream(says.openai_chunk(content="From the second")) if stream else ()
    first, second = Script(FAILURE, status=status), Script(says.openai("From the second"), pieces=pieces)
    name = model(first, second)
    response = ask(portal, caller, name, wire, stream=stream)
    assert response.status_code == 200, response.text
    assert "From the second" in response.text
    row = UsageRecord.objects.get(user=alice)
    assert (row.status, row.deployment, row.model) == ("complete", f"{name}-1/{name}-1", name)


def test_what_the_request_does_wrong_is_tried_nowhere_else(
    portal: PortalProcess, caller: httpx.Client, model: Any
) -> None:
    first, second = Script(FAILURE, status=400), working()
    assert ask(portal, caller, model(first, second)).status_code == 400
    assert not second.asked


def test_never_after_the_first_byte(portal: PortalProcess, caller: httpx.Client, model: Any) -> None:
    begun = says.openai_stream(says.openai_chunk(content="Hel"))[:2]
    second = working()
    response = ask(portal, caller, model(Script(pieces=begun), second), stream=True)
    assert "Hel" in response.text
    assert "error" in response.text
    assert not second.asked


def test_a_deployment_of_the_other_kind_may_take_over(
    portal: PortalProcess, caller: httpx.Client, model: Any
) -> None:
    second = Script(says.anthropic({"type": "text", "text": "From the second"}))
    name = model(Script(FAILURE, status=500), second, kinds=("openai", "anthropic"))
    assert "From the second" in ask(portal, caller, name).text
    assert second.asked_paths == ["/v1/messages"]


def test_one_that_has_no_words_for_it_is_passed_over(
    portal: PortalProcess, caller: httpx.Client, model: Any
) -> None:
    """`n` cannot be said in Anthropic's format, but in the other deployment's."""
    first, second = Script(says.anthropic()), working()
    assert ask(portal, caller, model(first, second, kinds=("anthropic", "openai")), n=2).status_code == 200
    assert not first.asked
    assert second.asked[0]["n"] == 2


@pytest.mark.parametrize("headers", [{}, {"retry-after": "1"}])
def test_a_passing_failure_is_tried_again(
    portal: PortalProcess, caller: httpx.Client, model: Any, headers: dict[str, str]
) -> None:
    script = Script(FAILURE, status=503, headers=headers, recovers_after=1)
    script.answer = says.openai("At last")
    response = ask(portal, caller, model(script))
    assert (response.status_code, len(script.asked)) == (200, 2)
    if headers:
        assert response.elapsed.total_seconds() >= 1


def test_who_fails_again_and_again_is_left_alone_by_all(
    portals: list[PortalProcess], caller: httpx.Client, model: Any
) -> None:
    """By the process that saw it and, a second later, by the others."""
    first, second = Script(FAILURE, status=500), working()
    name = model(first, second)
    for _ in range(3):
        assert ask(portals[0], caller, name).status_code == 200
    asked = len(first.asked)
    assert asked == 3
    for portal in portals:
        assert ask(portal, caller, name).status_code == 200
    assert len(first.asked) == asked
    assert len(second.asked) == 3 + len(portals)


def test_when_nobody_else_is_left_it_is_asked_all_the_same(
    portal: PortalProcess, caller: httpx.Client, model: Any
) -> None:
    script = Script(FAILURE, status=500)
    name = model(script)
    for _ in range(2):
        assert ask(portal, caller, name).status_code == 502
    script.status, script.answer = 200, says.openai("Well again")
    assert "Well again" in ask(portal, caller, name).text


def test_what_is_known_of_a_deployment_is_kept_whatever_its_name() -> None:
    from django.core.cache.backends.base import memcache_key_warnings

    from chat.catalogue import health

    name = "Büro “Athen” / " * 30
    assert not list(memcache_key_warnings(health._cooling_key(name)))
    assert health._cooling_key(name) != health._cooling_key(name + "2")
