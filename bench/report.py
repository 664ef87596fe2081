"""Medians over rounds, the table people read, and the JSON that is kept."""

import json
import os
import platform
import statistics
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.measures import Numbers, Size
from bench.servers import HOME
from bench.targets import Target


@dataclass
class Results:
    """`rounds[target][figure]` has a number a round; `failures[target][measure]` says why there is none.

    `paces` are what `processes.pace` took before each measure: how steady the machine was.
    """

    rounds: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    failures: dict[str, dict[str, str]] = field(default_factory=dict)
    paces: list[float] = field(default_factory=list)

    def add(self, target: str, numbers: Numbers) -> None:
        for name, value in numbers.items():
            self.rounds.setdefault(target, {}).setdefault(name, []).append(value)

    def fail(self, target: str, measure: str, reason: str) -> None:
        self.failures.setdefault(target, {})[measure] = reason

    def medians(self) -> dict[str, Numbers]:
        """With what each target adds to `direct`'s latency, taken round by round."""
        medians = {
            target: {name: statistics.median(values) for name, values in figures.items()}
            for target, figures in self.rounds.items()
        }
        for target in medians.keys() - {"direct"}:
            for part in ("p50", "p99"):
                if added := self._added(target, f"latency_{part}_ms"):
                    medians[target][f"added_latency_{part}_ms"] = statistics.median(added)
        return medians

    def _added(self, target: str, name: str) -> list[float]:
        own, direct = self.rounds[target].get(name, []), self.rounds.get("direct", {}).get(name, [])
        return [mine - base for mine, base in zip(own, direct, strict=False)]


ROWS = {
    "latency_p50_ms": "latency p50, 1 caller, ms",
    "added_latency_p50_ms": "added latency p50, ms",
    "added_latency_p99_ms": "added latency p99, ms",
    "throughput_rps": "answers a second, 32 callers",
    "request_cpu_ms": "CPU a request, ms",
    "request_cpu_postgresql_ms": "  PostgreSQL beside it",
    "request_cpu_redis_ms": "  Redis beside it",
    "chunks_same_single_ms": "CPU 1000 chunks, same format, single, ms",
    "chunks_same_burst_ms": "CPU 1000 chunks, same format, bursts, ms",
    "chunks_translated_single_ms": "CPU 1000 chunks, translated, single, ms",
    "chunks_translated_burst_ms": "CPU 1000 chunks, translated, bursts, ms",
    "first_token_p50_ms": "first token p50, 50 streams, ms",
    "first_token_p99_ms": "first token p99, 50 streams, ms",
    "idle_memory_kib": "memory idle, KiB",
    "stream_memory_kib": "memory an open stream, KiB",
    "abandoned_streams": "of 500, read on after the caller left",
}


@dataclass(frozen=True)
class Goal:
    """The portal's figure is at most `share` of the peer's; without a peer, at most `share` itself."""

    figure: str
    peer: str | None
    share: float

    def verdict(self, medians: dict[str, Numbers]) -> str | None:
        """A line of the report; None when a figure is missing."""
        own = medians.get("portal", {}).get(self.figure)
        other = medians.get(self.peer, {}).get(self.figure) if self.peer else 1.0
        if own is None or other is None:
            return None
        name = ROWS[self.figure]
        if self.peer is None:
            return f"{_mark(own <= self.share)} {name}: {own:.1f} (goal ≤ {self.share:g})"
        if own <= 0 or other <= 0:
            return f"?  {name}: {own:.3f} to {self.peer}'s {other:.3f}: below what can be measured"
        ratio = own / other
        said = f"1/{1 / ratio:.1f}" if ratio < 0.5 else f"{ratio:.2f}×"
        goal = f"1/{1 / self.share:.0f}" if self.share < 0.5 else f"{self.share:.2f}×"
        return f"{_mark(ratio <= self.share)} {name}: {said} of {self.peer} (goal ≤ {goal})"


GOALS = [
    Goal("request_cpu_ms", "litellm", 1 / 12),
    Goal("request_cpu_ms", "portkey", 0.7),
    Goal("chunks_same_single_ms", "litellm", 1 / 50),
    Goal("chunks_same_burst_ms", "litellm", 1 / 50),
    Goal("chunks_translated_single_ms", "litellm", 1 / 15),
    Goal("chunks_translated_burst_ms", "litellm", 1 / 15),
    Goal("added_latency_p50_ms", "litellm", 1 / 5),
    Goal("first_token_p50_ms", "litellm", 1 / 30),
    Goal("stream_memory_kib", None, 50),
]


def _mark(is_met: bool) -> str:
    return "✓ " if is_met else "✗ "


def text(targets: list[Target], results: Results) -> str:
    medians = results.medians()
    names = [target.name for target in targets if target.name in medians]
    lines = [_line("", names)]
    for figure, label in ROWS.items():
        values = [medians[name].get(figure) for name in names]
        if any(value is not None for value in values):
            lines.append(_line(label, [_number(value) for value in values]))
    lines += ["", *(f"{target.name}: {target.version}" for target in targets)]
    if results.paces:
        low, high = min(results.paces), max(results.paces)
        lines.append(f"The same work took {low:.1f} to {high:.1f} ms of CPU here: figures vary with it.")
    lines += [
        f"{target}, {measure}: {reason}"
        for target, failures in results.failures.items()
        for measure, reason in failures.items()
    ]
    goals = [verdict for goal in GOALS if (verdict := goal.verdict(medians))]
    return "\n".join([*lines, "", *goals] if goals else lines)


def _line(label: str, values: Iterable[str]) -> str:
    return f"{label:<42}" + "".join(f"{value:>12}" for value in values)


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f}"


def write(targets: list[Target], results: Results, size: Size) -> Path:
    path = HOME / f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.json"
    kept = {
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "system": platform.release(),
            "python": platform.python_version(),
        },
        "size": asdict(size),
        "targets": {target.name: target.version for target in targets},
        "medians": results.medians(),
        "rounds": results.rounds,
        "failures": results.failures,
        "paces_ms": results.paces,
    }
    path.write_text(json.dumps(kept, indent=1))
    return path


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown"
