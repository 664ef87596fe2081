"""The bench's own parts work: mock, caller, load, cost and report. Nothing here is timed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from bench import load, mock, processes, profile, report, stuff, usage, wire
from bench.client import Broken, Connection
from bench.measures import QUICK, Bench, first_token, latency
from bench.mock import Plan
from bench.targets import Target, Upstream, direct
from tests import asynchronous

ROOT = Path(__file__).parents[2]
PLANS = [Plan(tokens=1), Plan(tokens=250), Plan(tokens=250, burst=40), Plan(tokens=5, delay=0.001)]


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    on = os.sched_getaffinity(0)
    with mock.started(on) as port, direct.start(Upstream(port), direct.Options(on)) as target:
        yield target


@pytest.fixture
def bench(target: Target) -> Bench:
    return Bench(target.port, QUICK, os.sched_getaffinity(0))


@pytest.mark.parametrize("wire_format", wire.ANSWERS)
def test_whole_answers_are_those_of_the_format(target: Target, wire_format: str) -> None:
    (answer,) = asynchronous.run(load.some(target.address(wire_format, False), 1))
    body = json.loads(answer.sample)
    text = (
        body["content"][0]["text"] if wire_format == "anthropic" else body["choices"][0]["message"]["content"]
    )
    assert text.split() == ["tok"] * wire.WHOLE_TOKENS
    assert (answer.status, answer.tokens) == (200, wire.WHOLE_TOKENS)


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("wire_format", wire.ANSWERS)
def test_every_streamed_piece_is_counted(target: Target, bench: Bench, wire_format: str, plan: Plan) -> None:
    async def stream() -> None:
        await bench.plan(plan)
        answers = await load.together(target.address(wire_format, True), 3, plan.tokens)
        assert [answer.tokens for answer in answers] == [plan.tokens] * 3
        assert all(answer.begun < answer.first_token <= answer.ended for answer in answers)
        assert await bench.left() == 0

    asynchronous.run(stream())


def test_neighbouring_pieces_differ() -> None:
    """LiteLLM ends a stream after 100 equal ones."""
    assert len(set(wire.PIECES)) == len(wire.PIECES) > 1


def test_a_short_or_refused_answer_does_not_count(target: Target, bench: Bench) -> None:
    async def stream() -> None:
        await bench.plan(Plan(tokens=10))
        with pytest.raises(Broken, match="10 of 20"):
            await load.together(target.address(wire.OPENAI, True), 1, 20)

    asynchronous.run(stream())
    elsewhere = Target("elsewhere", "", target.port, {wire.OPENAI: "/v1/nothing"})
    with pytest.raises(Broken, match="status 404"):
        asynchronous.run(load.some(elsewhere.address(wire.OPENAI, False), 1))


def test_streams_are_held_open_and_left(target: Target, bench: Bench) -> None:
    async def hold() -> None:
        await bench.plan(Plan(tokens=1000, delay=60))
        async with load.held(target.address(wire.OPENAI, True), 20):
            assert await bench.open_streams() == 20
        assert await bench.left() == 0

    asynchronous.run(hold())


def test_streams_nobody_ends_are_cut_off(target: Target, bench: Bench) -> None:
    async def hold() -> None:
        await bench.plan(Plan(tokens=1000, delay=60))
        async with load.held(target.address(wire.OPENAI, True), 3):
            assert await bench.left(seconds=0) == 3
            assert await bench.open_streams() == 0

    asynchronous.run(hold())


def test_a_connection_is_used_again(target: Target) -> None:
    async def ask_twice() -> None:
        connection = Connection(target.address(wire.OPENAI, False))
        first, second = await connection.exchange(), await connection.exchange()
        connection.close()
        assert first.tokens == second.tokens == wire.WHOLE_TOKENS

    asynchronous.run(ask_twice())


def test_measures_answer_their_figures(target: Target, bench: Bench) -> None:
    assert set(asynchronous.run(latency(bench, target))) == {"latency_p50_ms", "latency_p99_ms"}
    assert set(asynchronous.run(first_token(bench, target))) == {"first_token_p50_ms", "first_token_p99_ms"}


BUSY = """
import subprocess, sys, time
while time.process_time() < 0.2: pass
child = subprocess.Popen([sys.executable, "-c", "import time\\nwhile time.process_time() < 0.2: pass\\n"
    "print('done', flush=True)\\ninput()"], stdin=subprocess.PIPE)
child.communicate(input())
"""


def test_cpu_is_that_of_the_whole_tree() -> None:
    command = [sys.executable, "-c", BUSY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"done\n"
        assert len(processes.tree(process.pid)) == 2
        assert processes.cpu_seconds(process.pid) >= 0.4
        assert processes.memory_kib(process.pid) > 1000
        process.kill()


SAMPLED = """
import sys, time
def burn():
    end = time.process_time() + 0.3
    while time.process_time() < end: pass
print("ready", flush=True)
input()
burn()
print("burnt", flush=True)
input()
"""


def test_the_sampler_charges_the_function_that_burns(tmp_path: Path) -> None:
    script, output = tmp_path / "burn.py", tmp_path / "samples.json"
    script.write_text(SAMPLED)
    command = [sys.executable, "-m", "bench.sampler", f"{output}", "--", f"{script}"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGUSR1)
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "burnt\n"
        process.send_signal(signal.SIGUSR2)
        stacks = profile.finished(output)
        process.communicate("\n")
    burnt = sum(sample["ms"] for sample in stacks if sample["stack"][-1] == "__main__:burn")
    assert burnt > 0.8 * sum(sample["ms"] for sample in stacks) > 0


def test_a_stack_belongs_to_its_innermost_step() -> None:
    stack = [
        "twisted.internet:run",
        "chat.completions.application:complete",
        "apikeys.access:find",
        "django.db:q",
    ]
    assert profile.step_of(stack) == "authenticate"
    assert profile.step_of(stack[:2]) == "completion's own flow"
    assert profile.step_of(["usage_elsewhere:f"]) == "elsewhere"


def test_a_search_meets_its_goal_or_not(capsys: pytest.CaptureFixture[str]) -> None:
    results = stuff.Results(None)
    results.kinds = {
        "a word": [(1.0, 2.0, 3.0), (4.0, 20.0, 5.0)],
        "a typo": [(1.0, 2.0, 1.0), (9.0, 101.0, 1.0)],
    }
    assert stuff.report(results, explain=False) == 0
    told = capsys.readouterr().out
    assert "10.0x" in told
    assert "missed by a typo" in told


def test_what_is_looked_for_is_what_was_written() -> None:
    writer = stuff.Writer()
    texts = [" ".join(map(str, writer.item(number, UUID(int=1))[3:8])) for number in range(300)]
    searches = writer.searches()
    assert any(searches["a frequent word"][0] in text.split() for text in texts)
    assert stuff.typo("pandas") == "padnas"
    assert not set(searches["a typo"]) & set(writer.words)


def test_goals_compare_medians_of_rounds() -> None:
    results = report.Results()
    for direct_ms, portal_ms, peer_ms in ((1, 3, 21), (2, 4, 32), (1, 9, 11)):
        results.add("direct", {"latency_p50_ms": direct_ms})
        results.add("portal", {"latency_p50_ms": portal_ms})
        results.add("litellm", {"latency_p50_ms": peer_ms})
    medians = results.medians()
    assert medians["portal"]["added_latency_p50_ms"] == 2
    assert medians["litellm"]["added_latency_p50_ms"] == 20
    goal = report.Goal("added_latency_p50_ms", "litellm", 1 / 5)
    assert str(goal.verdict(medians)).startswith("✓  added latency p50, ms: 1/10.0 of litellm")
    missed = report.Goal("added_latency_p50_ms", "litellm", 1 / 15)
    assert str(missed.verdict(medians)).startswith("✗")
    assert report.Goal("request_cpu_ms", "litellm", 1 / 12).verdict(medians) is None


def test_what_is_timed_is_what_people_ask(alice: Any) -> None:
    """The statements themselves are tested elsewhere: here, that the benches still know how to ask."""
    from collections_app.services import create_item

    create_item(user=alice, type="NOTE", title="Owls", content="About owls")
    assert [stuff.answer(alice, text) for text in ("owls", "", "nothing")] == [1, 1, 0]
    for ask in usage.questions(SimpleNamespace(users=[alice.pk])).values():
        ask()
