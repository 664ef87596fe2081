"""What is measured of a target, each as one function that answers named numbers.

Names end in their unit: `_ms`, `_rps`, `_kib`. A measure that a target cannot do raises `Cannot` or
`Broken`; the round goes on without it.
"""

import asyncio
import json
import statistics
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field

from bench import load, processes, wire
from bench.client import Address, Broken, ask
from bench.mock import Plan
from bench.targets import HOST, Target

Numbers = dict[str, float]


class Cannot(Exception):
    """Why this target has no such figure."""


@dataclass(frozen=True)
class Size:
    """How much of everything; a full run's figures need the long one."""

    rounds: int
    latency_requests: int
    throughput_seconds: float
    single_tokens: int
    burst_tokens: int
    starts: int
    held_streams: int = 500


FULL = Size(
    rounds=5, latency_requests=400, throughput_seconds=5, single_tokens=250, burst_tokens=2000, starts=5
)
QUICK = Size(
    rounds=1, latency_requests=150, throughput_seconds=2, single_tokens=100, burst_tokens=1000, starts=2
)

CONCURRENCY = 32
TOGETHER = 50
_STREAMS = 16  # at 50 single tokens a second each: what the slowest peer can follow
_SINGLE_DELAY, _BURST_DELAY, _BURST = 0.02, 0.1, 50
_SHORT = 1  # tokens of the stream whose cost is the request's own


@dataclass
class Bench:
    """The mock's control, the run's size and the servers' cores, for every measure."""

    mock_port: int
    size: Size
    for_servers: set[int]

    async def plan(self, plan: Plan) -> None:
        await ask(HOST, self.mock_port, "PUT", "/plan", json.dumps(asdict(plan)).encode())

    async def open_streams(self) -> int:
        return int(json.loads(await ask(HOST, self.mock_port, "GET", "/state"))["open"])

    async def is_quiet(self, seconds: float = 30) -> None:
        """Returns once nobody streams any more: who left is noticed all the way to the mock."""
        for _ in range(int(seconds / 0.1)):
            if not await self.open_streams():
                return
            await asyncio.sleep(0.1)
        raise Broken(f"{await self.open_streams()} streams stayed open after their callers left")


Measure = Callable[[Bench, Target], Awaitable[Numbers]]


@dataclass
class Cpu:
    """Milliseconds used between `begin` and `spent`, by the server's tree and by each service."""

    target: Target
    _before: dict[str, float] = field(default_factory=dict)

    def begin(self) -> None:
        self._before = self._now()

    def spent(self) -> dict[str, float]:
        return {name: (now - self._before[name]) * 1000 for name, now in self._now().items()}

    def _now(self) -> dict[str, float]:
        roots = dict(self.target.services)
        if self.target.server is not None:
            roots["server"] = self.target.server
        return {name: processes.cpu_seconds(root) for name, root in roots.items()}


def named(name: str, spent: dict[str, float], divisor: float) -> Numbers:
    """`name_ms` for the server, `name_postgresql_ms` and so on for its services."""
    return {
        f"{name}_ms" if part == "server" else f"{name}_{part}_ms": value / divisor
        for part, value in spent.items()
    }


async def warm_up(bench: Bench, target: Target) -> None:
    """Connections, code paths and just-in-time compilers, before anything counts."""
    await load.in_turn(target.address(wire.OPENAI, False), CONCURRENCY, 2)
    await bench.plan(Plan(tokens=50))
    for wire_format in target.paths:
        if wire_format not in target.cannot:
            try:
                await load.together(target.address(wire_format, True), TOGETHER, 50, seconds=30)
            except (Broken, TimeoutError):
                continue  # the measure itself will say so


async def latency(bench: Bench, target: Target) -> Numbers:
    """One caller: half and 99th percentile of the time to the whole answer."""
    address = target.address(wire.OPENAI, False)
    await load.some(address, 10)
    times = [answer.seconds for answer in await load.some(address, bench.size.latency_requests)]
    return percentiles("latency", times)


async def throughput(bench: Bench, target: Target) -> Numbers:
    """32 callers: answers a second, CPU for each."""
    address = target.address(wire.OPENAI, False)
    await load.in_turn(address, CONCURRENCY, 0.5)
    cpu = Cpu(target)
    cpu.begin()
    answers = await load.in_turn(address, CONCURRENCY, bench.size.throughput_seconds)
    spent = cpu.spent()
    seconds = max(each.ended for each in answers) - min(each.begun for each in answers)
    times = [answer.seconds for answer in answers]
    return {
        "throughput_rps": len(answers) / seconds,
        **named("request_cpu", spent, len(answers)),
        **percentiles("busy_latency", times),
    }


def chunks(wire_format: str, burst: int) -> Measure:
    """CPU for 1000 streamed pieces: what a long stream costs more than a short one, idling apart."""
    delay = _SINGLE_DELAY if burst == 1 else _BURST_DELAY
    way = "same" if wire_format == wire.OPENAI else "translated"
    name = f"chunks_{way}_{'single' if burst == 1 else 'burst'}"

    async def measure(bench: Bench, target: Target) -> Numbers:
        if target.server is None:
            raise Cannot("not a server of ours")
        if wire_format in target.cannot:
            raise Cannot(target.cannot[wire_format])
        address = target.address(wire_format, True)
        tokens = bench.size.single_tokens if burst == 1 else bench.size.burst_tokens
        idle = await _idle_rate(target)
        short = await _stream(bench, target, address, Plan(_SHORT, burst, delay), idle)
        long = await _stream(bench, target, address, Plan(_SHORT + tokens, burst, delay), idle)
        more = {part: long[part] - short[part] for part in long}
        return named(name, more, _STREAMS * tokens / 1000)

    return measure


async def _stream(
    bench: Bench, target: Target, address: Address, plan: Plan, idle: dict[str, float]
) -> dict[str, float]:
    await bench.plan(plan)
    cpu, loop = Cpu(target), asyncio.get_running_loop()
    cpu.begin()
    begun = loop.time()
    await load.together(address, _STREAMS, plan.tokens)
    await asyncio.sleep(0.2)  # what a server does after its answer is part of the cost
    spent = cpu.spent()
    return {part: value - idle[part] * (loop.time() - begun) for part, value in spent.items()}


async def _idle_rate(target: Target) -> dict[str, float]:
    """CPU ms a second that the target uses for itself, asked for nothing."""
    cpu, loop = Cpu(target), asyncio.get_running_loop()
    cpu.begin()
    begun = loop.time()
    await asyncio.sleep(1)
    return {part: value / (loop.time() - begun) for part, value in cpu.spent().items()}


async def first_token(bench: Bench, target: Target) -> Numbers:
    """50 streams asked for together: when their first token came."""
    address = target.address(wire.OPENAI, True)
    await bench.plan(Plan(tokens=20, delay=0.02))
    times = []
    for _ in range(bench.size.starts):
        answers = await load.together(address, TOGETHER, 20, seconds=60)
        times += [answer.first_token_seconds for answer in answers]
        await bench.is_quiet()
    return percentiles("first_token", times)


async def memory(bench: Bench, target: Target) -> Numbers:
    """What 500 open streams add to the server's memory."""
    if target.server is None:
        raise Cannot("not a server of ours")
    await bench.plan(Plan(tokens=10_000, delay=2))
    idle = processes.memory_kib(target.server)
    async with load.held(target.address(wire.OPENAI, True), bench.size.held_streams):
        await asyncio.sleep(3)
        streaming = processes.memory_kib(target.server)
    await bench.is_quiet()
    return {"idle_memory_kib": idle, "stream_memory_kib": (streaming - idle) / bench.size.held_streams}


def percentiles(name: str, seconds: list[float]) -> Numbers:
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {f"{name}_p50_ms": cuts[49] * 1000, f"{name}_p99_ms": cuts[98] * 1000}


MEASURES: dict[str, Measure] = {
    "latency": latency,
    "throughput": throughput,
    "chunks, same format, one at a time": chunks(wire.OPENAI, 1),
    "chunks, same format, in bursts": chunks(wire.OPENAI, _BURST),
    "chunks, translated, one at a time": chunks(wire.ANTHROPIC, 1),
    "chunks, translated, in bursts": chunks(wire.ANTHROPIC, _BURST),
    "first token": first_token,
    "memory": memory,
}
