"""`python -m bench.profile`: where the portal's CPU goes while it is loaded.

Prints, in milliseconds a request (or 1000 streamed pieces): what each step of a completion costs, the
functions that use most themselves, and the portal's own functions with all they call.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import installs, load, measures, mock, processes, servers, wire
from bench.measures import Bench, Cpu
from bench.targets import Options, Target, Upstream, portal
from tests.services import Missing

# A stack belongs to the first of these that its innermost frames match: modules, or functions of one.
STEPS = {
    "authenticate": ("chat.completions.admission:authenticate", "apikeys"),
    "parse, detect": ("chat.completions.admission:parse", "chat.gateway.detection"),
    "ledger": ("usage", "chat.completions.settlement", "chat.completions.admission:admit"),
    "catalogue, health": ("chat.catalogue",),
    "formats": ("chat.gateway.dialects", "chat.gateway.sse", "chat.gateway.collect"),
    "upstream": ("chat.gateway.upstreams", "httpx", "httpx_aiohttp", "aiohttp", "yarl", "multidict"),
    "routing, relay": ("chat.gateway",),
    "completion's own flow": ("chat",),
    "HTTP server": ("daphne", "twisted", "uvicorn", "h11", "httptools", "hypercorn", "channels", "portal"),
    "threads": ("asgiref", "concurrent", "threading", "queue"),
    "event loop, sockets": ("asyncio", "uvloop", "selectors"),
}
OWN = ("accounts", "apikeys", "chat", "portal", "usage")
PLANS = {"single": measures.SINGLE, "burst": measures.BURST}


@dataclass(frozen=True)
class Work:
    """What was done while sampling: `amount` of `unit`, for `cpu_ms` of the server's CPU."""

    amount: float
    unit: str
    cpu_ms: float


def main() -> int:
    arguments = read_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for_servers, for_load, for_mock = processes.cores()
    try:
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-profile-"))
            samples = Path(folder) / "samples.json"
            port = stack.enter_context(mock.started(for_mock))
            os.sched_setaffinity(0, for_load)
            options = Options(for_servers, arguments.portal_server, samples)
            target = stack.enter_context(portal.start(Upstream(port), options))
            bench = Bench(port, measures.QUICK, for_servers)
            work = asyncio.run(loaded(bench, target, arguments))
            stacks = finished(samples)
    except (Missing, servers.CannotStart, installs.CannotInstall) as error:
        print(error, file=sys.stderr)
        return 1
    print(text(stacks, work, arguments.top))
    return 0


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument("--load", choices=["whole", *PLANS], default="whole", help="answers or streams")
    parser.add_argument("--wire", choices=list(wire.ANSWERS), default=wire.OPENAI, help="the callers' format")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--top", type=int, default=30, help="how many functions are listed")
    parser.add_argument("--portal-server", default="serve", help="as for python -m bench; in Python")
    return parser.parse_args()


async def loaded(bench: Bench, target: Target, arguments: argparse.Namespace) -> Work:
    """Loads the target for that long, sampled from the first request after the warm-up on."""
    await measures.warm_up(bench, target)
    address = target.address(arguments.wire, arguments.load != "whole")
    cpu = Cpu(target)
    if arguments.load == "whole":
        begin_sampling(target, cpu)
        answers = await load.in_turn(address, measures.CONCURRENCY, arguments.seconds)
        return end_sampling(target, cpu, len(answers), "request")
    await bench.plan(PLANS[arguments.load])
    async with load.held(address, measures.STREAMS) as streams:
        await asyncio.sleep(0.8)
        before = sum(stream.tokens for stream in streams)
        begin_sampling(target, cpu)
        await asyncio.sleep(arguments.seconds)
        pieces = sum(stream.tokens for stream in streams) - before
        return end_sampling(target, cpu, pieces / 1000, "1000 pieces")


def begin_sampling(target: Target, cpu: Cpu) -> None:
    assert target.server is not None
    cpu.begin()
    os.kill(target.server, signal.SIGUSR1)


def end_sampling(target: Target, cpu: Cpu, amount: float, unit: str) -> Work:
    assert target.server is not None
    spent = cpu.spent()["server"]
    os.kill(target.server, signal.SIGUSR2)
    return Work(amount, unit, spent)


def finished(samples: Path) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 30
    while not samples.exists():
        if time.monotonic() > deadline:
            raise servers.CannotStart("The portal wrote no samples; does its server run in this Python?")
        time.sleep(0.1)
    return list(json.loads(samples.read_text()))


def text(stacks: list[dict[str, Any]], work: Work, top: int) -> str:
    by_step: defaultdict[str, float] = defaultdict(float)
    itself: defaultdict[str, float] = defaultdict(float)
    with_callees: defaultdict[str, float] = defaultdict(float)
    for sample in stacks:
        by_step[step_of(sample["stack"])] += sample["ms"]
        itself[sample["stack"][-1]] += sample["ms"]
        for name in set(sample["stack"]):
            if name.partition(".")[0].partition(":")[0] in OWN:
                with_callees[name] += sample["ms"]
    sampled = sum(by_step.values())
    lines = [
        f"{work.amount:.0f} × {work.unit}, {work.cpu_ms / work.amount:.3f} ms of CPU each; "
        f"{sampled / work.cpu_ms:.0%} of it is in the samples."
    ]
    for title, costs, count in (
        ("Steps", by_step, len(STEPS) + 1),
        ("Functions, themselves", itself, top),
        ("The portal's functions, with all they call", with_callees, top),
    ):
        lines += ["", f"{title}, ms a {work.unit}", *table(costs, count, work.amount, sampled)]
    return "\n".join(lines)


def table(costs: dict[str, float], count: int, amount: float, whole: float) -> Iterable[str]:
    for name, spent in sorted(costs.items(), key=lambda item: -item[1])[:count]:
        yield f"{spent / amount:9.4f} {spent / whole:6.1%}  {name}"


def step_of(stack: list[str]) -> str:
    for name in reversed(stack):
        for step, prefixes in STEPS.items():
            if any(is_within(name, prefix) for prefix in prefixes):
                return step
    return "elsewhere"


def is_within(name: str, prefix: str) -> bool:
    """Whether `module:function` is that module, in that package, or that function (or one inside it)."""
    return name.startswith(prefix) and name[len(prefix) : len(prefix) + 1] in ("", ".", ":")


if __name__ == "__main__":
    sys.exit(main())
