"""Answers that end before their server has told the tokens: its tokenizer counts them (docs/usage.md).

llama.cpp's own tokenizer is asked in tests/engines.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.conformance import says
from tests.conformance.conftest import HELLO, PATHS, Upstream
from tests.conformance.scripted import CREDENTIAL, Script, ScriptedServer
from tests.portal_process import PortalProcess
from tests.prices import set_prices

Json = dict[str, Any]
Make = Callable[..., Upstream]
WIRES = pytest.mark.parametrize("wire", PATHS)
INPUT = 40


def vllm(body: Json) -> Json:
    """A token a word."""
    count = INPUT if "messages" in body else len(body["prompt"].split())
    return {"count": count, "max_model_len": 4096, "tokens": [1] * count}


def messages_api(body: Json) -> Json:
    """A token a word, and five around a message."""
    return {"input_tokens": 5 + len(body["messages"][0]["content"].split())}


COUNTS = {"openai": vllm, "anthropic": messages_api}
# What an Anthropic server says in the beginning.
TOLD = {"openai": INPUT, "anthropic": 11}
SAID = "one two three four"


def begun(kind: str, *pieces: bytes) -> tuple[bytes, ...]:
    """A stream that breaks off after these."""
    if kind == "openai":
        return says.openai_stream(*pieces)[: 1 + len(pieces)]
    return says.anthropic_stream(*pieces)[: 2 + len(pieces)]


def text(kind: str, *words: str) -> tuple[bytes, ...]:
    if kind == "openai":
        return tuple(says.openai_chunk(content=word) for word in words)
    return (says.anthropic_text(0, *words),)


def row_of(user: Any) -> Any:
    from usage.models import UsageRecord

    return UsageRecord.objects.get(user=user)


def texts_asked(server: Upstream) -> list[str]:
    """Of which the server was asked for the tokens."""
    asked = [body for body in server.script.asked_to_count if "tools" not in body]
    return [body.get("prompt") or body["messages"][0]["content"] for body in asked]


@WIRES
@pytest.mark.parametrize("kind", COUNTS)
def test_it_works(upstream: Make, alice: Any, wire: str, kind: str) -> None:
    pieces = begun(kind, *text(kind, "one two", " three", " four"))
    server = upstream(kind, pieces=pieces, counts=COUNTS[kind])
    assert "error" in server.post(wire, stream=True).text
    row = row_of(alice)
    assert (row.status, row.tokens_source) == ("failed", "counted")
    assert (row.input_tokens, row.output_tokens) == (TOLD[kind], 4)
    assert texts_asked(server) == {"openai": [SAID, "Hello"], "anthropic": [SAID, "a"]}[kind]
    assert {body["model"] for body in server.script.asked_to_count} == {f"theirs-{server.model}"}


@WIRES
@pytest.mark.parametrize("kind", COUNTS)
def test_who_leaves_pays_for_what_was_said(
    upstream: Make, alice: Any, eventually: Callable[..., Any], wire: str, kind: str
) -> None:
    words = text(kind, "word ") * 500
    server = upstream(kind, pieces=begun(kind, *words), counts=COUNTS[kind], pause=0.02)
    body = {"model": server.model, "max_tokens": 999, "messages": HELLO, "stream": True}
    with server.client.stream("POST", PATHS[wire], json=body) as response:
        for line in response.iter_lines():
            if "word" in line:
                break
    eventually(lambda: row_of(alice).status == "cancelled")
    row = row_of(alice)
    assert (row.tokens_source, row.input_tokens) == ("counted", TOLD[kind])
    assert row.output_tokens == len(texts_asked(server)[0].split()) < 500


@WIRES
@pytest.mark.parametrize("stream", [False, True])
def test_a_server_that_tells_no_counts(openai: Make, alice: Any, wire: str, stream: bool) -> None:
    whole = {**says.openai(SAID), "usage": None}
    pieces = says.openai_stream(*text("openai", SAID))
    silent = [piece for piece in pieces if piece != says.OPENAI_USAGE]
    server = openai(whole, pieces=silent if stream else (), counts=vllm)
    assert "three four" in server.post(wire, stream=stream).text
    row = row_of(alice)
    assert (row.status, row.tokens_source) == ("complete", "counted")
    assert (row.input_tokens, row.output_tokens) == (INPUT, 4)


def silent_stream(told: Json | None, *blocks: bytes) -> tuple[bytes, ...]:
    """Of an Anthropic server that says no more of usage than it has `told` in the beginning."""
    message = says.anthropic(usage=told)
    if told is None:
        del message["usage"]
    end = says.anthropic_event("message_delta", delta={"stop_reason": "end_turn"})
    begin = says.anthropic_event("message_start", message={**message, "content": []})
    return (begin, *blocks, end, says.anthropic_event("message_stop"))


def silent_answer(told: Json | None, *content: Json) -> Json:
    answer = says.anthropic(*content, usage=told)
    if told is None:
        del answer["usage"]
    return answer


@WIRES
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("told", "given"), [(None, 6), ({}, 6), ({"input_tokens": 9}, 9)])
def test_an_anthropic_server_that_tells_no_counts(
    anthropic: Make, alice: Any, wire: str, stream: bool, told: Json | None, given: int
) -> None:
    pieces = silent_stream(told, *text("anthropic", SAID)) if stream else ()
    answer = silent_answer(told, {"type": "text", "text": SAID})
    server = anthropic(answer, pieces=pieces, counts=messages_api)
    assert "three four" in server.post(wire, stream=stream).text
    row = row_of(alice)
    assert (row.status, row.tokens_source) == ("complete", "counted")
    assert (row.input_tokens, row.output_tokens) == (given, 4)


@pytest.mark.parametrize("told", [None, {}, {"input_tokens": None, "output_tokens": None}], ids=str)
def test_counts_that_no_server_told_are_there_all_the_same_a28(anthropic: Make, told: Json | None) -> None:
    answer = silent_answer(told, {"type": "text", "text": SAID})
    pieces = silent_stream(told, *text("anthropic", SAID))
    events = anthropic(pieces=pieces).stream("anthropic")
    usages = [events[0]["message"]["usage"], events[-2]["usage"], anthropic(answer).ask("anthropic")["usage"]]
    assert [(each["input_tokens"], each["output_tokens"]) for each in usages] == [(0, 0)] * 3


@WIRES
def test_of_a_whole_answer_thoughts_and_calls_are_counted_too(anthropic: Make, alice: Any, wire: str) -> None:
    content = [
        {"type": "thinking", "thinking": "Hm, ", "signature": "s"},
        {"type": "text", "text": "so: "},
        {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {"x": 1}},
    ]
    server = anthropic(silent_answer(None, *content), counts=messages_api)
    server.ask(wire)
    assert texts_asked(server)[0] == 'Hm, so: find{"x":1}'
    assert row_of(alice).tokens_source == "counted"


def test_an_answer_without_words_has_read_its_question(openai: Make, alice: Any) -> None:
    openai({**says.openai(""), "usage": None}).ask()
    row = row_of(alice)
    assert (row.status, row.tokens_source, row.output_tokens) == ("complete", "estimated", 0)
    assert row.input_tokens > 0


PRICES = {"input": "3", "output": "15", "cached": "0.3", "cache_write": "3.75"}


def priced(server: Upstream) -> Upstream:
    from chat.models import PublicModel

    set_prices(PublicModel.objects.get(name=server.model), **PRICES)
    return server


def assert_cache_is_paid(row: Any) -> None:
    """Of `says.ANTHROPIC_USAGE`, which the stream begins with."""
    assert (row.input_tokens, row.cached_tokens, row.cache_written_tokens) == (11, 4, 2)
    given = 5 * Decimal(3) + 4 * Decimal("0.3") + 2 * Decimal("3.75")
    assert row.cost == (given + row.output_tokens * Decimal(15)) / 1_000_000


@contextmanager
def overheard(server: Upstream, wire: str) -> Iterator[None]:
    """From the first word on, until the caller leaves."""
    body = {"model": server.model, "max_tokens": 999, "messages": HELLO, "stream": True}
    with server.client.stream("POST", PATHS[wire], json=body) as response:
        lines = response.iter_lines()
        next(line for line in lines if "word" in line)
        yield


@WIRES
@pytest.mark.parametrize(("counts", "said"), [(messages_api, ("counted", 4)), (None, ("estimated", 5))])
def test_what_came_from_the_cache_costs_so_when_the_server_breaks_off(
    anthropic: Make, alice: Any, wire: str, counts: Any, said: tuple[str, int]
) -> None:
    pieces = begun("anthropic", *text("anthropic", SAID))
    assert "error" in priced(anthropic(pieces=pieces, counts=counts)).post(wire, stream=True).text
    row = row_of(alice)
    assert (row.status, row.tokens_source, row.output_tokens) == ("failed", *said)
    assert_cache_is_paid(row)


@WIRES
def test_what_came_from_the_cache_costs_so_when_the_caller_leaves(
    anthropic: Make, alice: Any, eventually: Callable[..., Any], wire: str
) -> None:
    pieces = begun("anthropic", *text("anthropic", "word ") * 500)
    server = priced(anthropic(pieces=pieces, counts=messages_api, pause=0.02))
    with overheard(server, wire):
        pass
    eventually(lambda: row_of(alice).status == "cancelled")
    assert 0 < row_of(alice).output_tokens < 500
    assert_cache_is_paid(row_of(alice))


@WIRES
def test_what_came_from_the_cache_is_known_while_the_answer_grows(
    anthropic: Make, alice: Any, eventually: Callable[..., Any], wire: str
) -> None:
    """By the heartbeat: for when the process dies."""
    from usage.models import ServingProcess

    pieces = begun("anthropic", *text("anthropic", "word ") * 1500)
    with overheard(anthropic(pieces=pieces, pause=0.02), wire):
        row = row_of(alice)
        process = ServingProcess.objects.filter(pk=row.process)
        note = eventually(lambda: process.exists() and process.get().progress.get(row.pk.hex))
    assert (note["input_tokens"], note["cached_tokens"], note["cache_written_tokens"]) == (11, 4, 2)
    assert note["output_tokens"] > 0


THOUGHT_AND_CALLED = {
    "openai": (
        says.openai_chunk(reasoning_content="Hm, "),
        says.openai_chunk(content="so: "),
        says.openai_call(0, '{"x":', "call_1", name="find"),
        says.openai_call(0, " 1}"),
    ),
    "anthropic": (
        says.anthropic_block(
            0, {"type": "thinking", "thinking": ""}, {"type": "thinking_delta", "thinking": "Hm, "}
        ),
        says.anthropic_text(1, "so: "),
        says.anthropic_call(2, "toolu_1", '{"x":', " 1}", name="find"),
    ),
}


@WIRES
@pytest.mark.parametrize("kind", COUNTS)
def test_what_was_thought_and_called_is_counted_too(upstream: Make, alice: Any, wire: str, kind: str) -> None:
    server = upstream(kind, pieces=begun(kind, *THOUGHT_AND_CALLED[kind]), counts=COUNTS[kind])
    server.post(wire, stream=True)
    assert texts_asked(server)[0] == 'Hm, so: find{"x": 1}'
    assert row_of(alice).tokens_source == "counted"


def test_several_answers_at_once_are_not_mixed_up(openai: Make, alice: Any) -> None:
    pieces = [says.openai_chunk(index=index, content=word) for word in ("so ", "on ") for index in (0, 1)]
    server = openai(pieces=begun("openai", *pieces), counts=vllm)
    server.post(stream=True, n=2)
    assert texts_asked(server)[0] == "so on so on "
    assert row_of(alice).output_tokens == 4


def test_who_answered_counts_and_nobody_else(openai: Make, scripted: ScriptedServer, alice: Any) -> None:
    from chat.models import Deployment, PublicModel
    from chat.models import Upstream as UpstreamRow

    server = openai({"error": {"message": "x"}}, status=500, counts=vllm)
    name = f"second-{server.model}"
    second = scripted.scripts[name] = Script(pieces=begun("openai", *text("openai", SAID)), counts=vllm)
    row = UpstreamRow.objects.create(name=name, kind="openai", base_url=scripted.base_url)
    model = PublicModel.objects.get(name=server.model)
    Deployment.objects.create(model=model, upstream=row, upstream_model=name, priority=1)
    server.post(stream=True)
    settled = row_of(alice)
    assert (settled.tokens_source, settled.output_tokens) == ("counted", 4)
    assert settled.deployment == f"{name}/{name}"
    assert (server.script.asked_to_count, len(second.asked_to_count)) == ([], 2)


def test_the_quota_is_settled_with_it(
    openai: Make, portal: PortalProcess, alice: Any, make_key: Callable[..., str]
) -> None:
    server = openai(pieces=begun("openai", *text("openai", SAID)), counts=vllm)
    with httpx.Client(base_url=portal.api, headers={"x-api-key": make_key(alice, daily_limit=10_000)}) as key:
        asked = {"model": server.model, "messages": HELLO, "stream": True, "max_tokens": 500}
        key.post(PATHS["openai"], json=asked)
        refused = key.post(PATHS["openai"], json={"nonsense": 1})
    assert int(refused.headers["x-ratelimit-remaining-tokens"]) == 10_000 - INPUT - 4


def test_nothing_said_is_nothing_to_ask_about(openai: Make, alice: Any) -> None:
    server = openai(pieces=begun("openai"), counts=vllm)
    server.post(stream=True)
    row = row_of(alice)
    assert (row.input_tokens, row.output_tokens, row.tokens_source) == (0, 0, "estimated")
    assert not server.script.asked_to_count


@pytest.mark.parametrize(
    "told",
    [
        None,
        {},
        {"tokens": []},
        {"count": 0},
        {"count": -4},
        {"count": 10**12},
        {"count": "many"},
        {"count": None},
        [],
    ],
    ids=str,
)
def test_without_a_count_it_is_estimated(openai: Make, portal: PortalProcess, alice: Any, told: Any) -> None:
    before = len(portal.log.read_text())
    server = openai(pieces=begun("openai", *text("openai", SAID)), counts=lambda body: told)
    server.post(stream=True)
    row = row_of(alice)
    assert (row.status, row.tokens_source, row.output_tokens) == ("failed", "estimated", 5)
    assert 0 < row.input_tokens < INPUT
    log = portal.log.read_text()[before:]
    assert not [line for line in log.splitlines() if "count" in line or "okenize" in line]
    assert CREDENTIAL not in log


def test_half_a_count_is_an_estimate(openai: Make, alice: Any) -> None:
    """Such as of an input with images, which a tokenizer refuses."""
    server = openai(
        pieces=begun("openai", *text("openai", SAID)),
        counts=lambda body: None if "messages" in body else vllm(body),
    )
    server.post(stream=True)
    row = row_of(alice)
    assert (row.tokens_source, row.output_tokens) == ("estimated", 4)
    assert 0 < row.input_tokens < INPUT


def test_who_cannot_count_is_not_asked_again_and_again(openai: Make) -> None:
    server = openai(pieces=begun("openai", *text("openai", SAID)))
    for _ in range(3):
        server.post(stream=True)
    assert len(server.script.asked_to_count) == 1


def test_a_tokenizer_that_hangs_holds_up_one_settlement_for_two_seconds(openai: Make, alice: Any) -> None:
    from usage.models import UsageRecord

    server = openai(
        pieces=begun("openai", *text("openai", SAID)), counts=lambda body: time.sleep(6) or vllm(body)
    )
    took = [server.post(stream=True).elapsed.total_seconds() for _ in range(2)]
    rows = UsageRecord.objects.filter(user=alice).values_list("status", "tokens_source", "output_tokens")
    assert list(rows) == [("failed", "estimated", 5)] * 2
    assert 2 <= took[0] < 4
    assert took[1] < 1
