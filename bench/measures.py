"""What is measured of a target, each as one function that answers named numbers.

Names end in their unit: `_ms`, `_rps`, `_kib`; `_kept_up` is the share of what was sent that arrived. A
measure that a target cannot do raises `Cannot` or `Broken`; the round goes on without it.
"""

import asyncio
import json
import statistics
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field

from bench import load, processes, wire
from bench.client import Broken, ask
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
    stream_seconds: float
    starts: int
    held_streams: int = 500


FULL = Size(rounds=5, latency_requests=400, throughput_seconds=5, stream_seconds=6, starts=5)
QUICK = Size(rounds=1, latency_requests=150, throughput_seconds=2, stream_seconds=3, starts=2)

CONCURRENCY = 32
TOGETHER = 50
STREAMS = 16
_ENDLESS = 1_000_000
# From 16 streams either way 800 pieces a second: what the slowest peer can follow.
SINGLE, BURST = Plan(_ENDLESS, burst=1, delay=0.02), Plan(_ENDLESS, burst=50, delay=1.0)


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

    async def left(self, seconds: float = 5) -> int:
        """After callers left: how many streams the target still reads, now cut off by the mock.

        A gateway that cancels its upstream call has none after a moment.
        """
        for _ in range(int(seconds / 0.1)):
            if not await self.open_streams():
                return 0
            await asyncio.sleep(0.1)
        count = await self.open_streams()
        await ask(HOST, self.mock_port, "DELETE", "/streams")
        return count


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


def chunks(wire_format: str, plan: Plan) -> Measure:
    """CPU for 1000 streamed pieces, taken in the middle of long streams.

    No request begins or ends meanwhile, so nothing of its cost is in the figure; idling is subtracted.
    """
    way = "same" if wire_format == wire.OPENAI else "translated"
    name = f"chunks_{way}_{'single' if plan is SINGLE else 'burst'}"

    async def measure(bench: Bench, target: Target) -> Numbers:
        if target.server is None:
            raise Cannot("not a server of ours")
        if wire_format in target.cannot:
            raise Cannot(target.cannot[wire_format])
        idle = await _idle_rate(target)
        await bench.plan(plan)
        cpu = Cpu(target)
        async with load.held(target.address(wire_format, True), STREAMS) as streams:
            await asyncio.sleep(0.8)  # what the requests began is done; the next burst is yet to come
            before = sum(stream.tokens for stream in streams)
            cpu.begin()
            await asyncio.sleep(bench.size.stream_seconds)
            spent = cpu.spent()
            tokens = sum(stream.tokens for stream in streams) - before
        await bench.left()
        if not tokens:
            raise Broken("the streams stood still")
        sent = STREAMS * plan.burst * bench.size.stream_seconds / plan.delay
        more = {part: value - idle[part] * bench.size.stream_seconds for part, value in spent.items()}
        return {**named(name, more, tokens / 1000), f"{name}_kept_up": tokens / sent}

    return measure


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
        await bench.left()
    return percentiles("first_token", times)


async def memory(bench: Bench, target: Target) -> Numbers:
    """What 500 open streams add to the server's memory, and how many it keeps when their callers leave."""
    if target.server is None:
        raise Cannot("not a server of ours")
    await bench.plan(Plan(_ENDLESS, delay=2))
    idle = processes.memory_kib(target.server)
    async with load.held(target.address(wire.OPENAI, True), bench.size.held_streams):
        await asyncio.sleep(3)
        streaming = processes.memory_kib(target.server)
    return {
        "idle_memory_kib": idle,
        "stream_memory_kib": (streaming - idle) / bench.size.held_streams,
        "abandoned_streams": await bench.left(),
    }


def percentiles(name: str, seconds: list[float]) -> Numbers:
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {f"{name}_p50_ms": cuts[49] * 1000, f"{name}_p99_ms": cuts[98] * 1000}


MEASURES: dict[str, Measure] = {
    "latency": latency,
    "throughput": throughput,
    "chunks, same format, one at a time": chunks(wire.OPENAI, SINGLE),
    "chunks, same format, in bursts": chunks(wire.OPENAI, BURST),
    "chunks, translated, one at a time": chunks(wire.ANTHROPIC, SINGLE),
    "chunks, translated, in bursts": chunks(wire.ANTHROPIC, BURST),
    "first token": first_token,
    "memory": memory,
}
