"""`python -m bench`: starts every target, measures them in turn, round after round, prints and keeps it."""

import argparse
import asyncio
import gc
import os
import signal
import sys
from contextlib import ExitStack

from bench import installs, measures, mock, processes, report, servers
from bench.client import Broken
from bench.measures import Bench, Cannot
from bench.report import Results
from bench.targets import Options, Starter, Target, Upstream, direct, litellm, portal, portkey
from tests.services import Missing

_MEASURE_SECONDS = 300  # whoever needs longer hangs

STARTERS: dict[str, Starter] = {
    "direct": direct.start,
    "portal": portal.start,
    "litellm": litellm.start,
    "portkey": portkey.start,
}


def main() -> int:
    arguments = read_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    size = measures.QUICK if arguments.quick else measures.FULL
    for_servers, for_load, for_mock = processes.cores()
    results = Results()
    try:
        with ExitStack() as stack:
            port = stack.enter_context(mock.started(for_mock))
            os.sched_setaffinity(0, for_load)
            options = Options(for_servers, arguments.portal_server)
            targets = start(arguments.only, Upstream(port), options, stack, results)
            bench = Bench(port, size, for_servers)
            asyncio.run(run(bench, targets, arguments.rounds or size.rounds, results))
    except (Missing, servers.CannotStart, installs.CannotInstall) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(report.text(targets, results))
    print(f"\nKept in {report.write(targets, results, size).relative_to(servers.ROOT)}")
    return 0


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round: a first idea, no figures")
    parser.add_argument("--rounds", type=int, help="how often each target has its turn")
    parser.add_argument("--only", type=names, default=list(STARTERS), help="targets, separated by commas")
    parser.add_argument(
        "--portal-server",
        default="serve",
        help=f"what serves the portal: {', '.join(portal.SERVERS)}, or a command with {{port}} in it",
    )
    return parser.parse_args()


def names(value: str) -> list[str]:
    """`direct` always takes part: the others are measured against it."""
    asked = {"direct", *filter(None, value.split(","))}
    if unknown := asked - STARTERS.keys():
        raise argparse.ArgumentTypeError(f"no such target: {', '.join(sorted(unknown))}")
    return [name for name in STARTERS if name in asked]


def start(
    chosen: list[str], upstream: Upstream, options: Options, stack: ExitStack, results: Results
) -> list[Target]:
    """A peer that cannot be had is said and left out; without the portal there is no bench."""
    targets = []
    for name in chosen:
        print(f"Starting {name} …", flush=True)
        try:
            targets.append(stack.enter_context(STARTERS[name](upstream, options)))
        except (servers.CannotStart, installs.CannotInstall) as error:
            if name == "portal":
                raise
            results.fail(name, "start", str(error))
    return targets


async def run(bench: Bench, targets: list[Target], rounds: int, results: Results) -> None:
    # A collection inside a measure would be the load generator's time in everybody's figures.
    gc.disable()
    for target in targets:
        await measures.warm_up(bench, target)
    for number in range(rounds):
        for name, measure in measures.MEASURES.items():
            gc.collect()
            turn = number % len(targets)
            for target in targets[turn:] + targets[:turn]:
                await take(bench, target, name, measure, results)
            print(f"round {number + 1} of {rounds}: {name}", flush=True)


async def take(bench: Bench, target: Target, name: str, measure: measures.Measure, results: Results) -> None:
    results.paces.append(processes.pace(bench.for_servers))
    try:
        results.add(target.name, await asyncio.wait_for(measure(bench, target), _MEASURE_SECONDS))
    except Cannot as reason:
        if target.server is not None:
            results.fail(target.name, name, str(reason))
    except (Broken, TimeoutError, OSError) as error:
        results.fail(target.name, name, f"{type(error).__name__} {error}".strip())
        await bench.left()


if __name__ == "__main__":
    sys.exit(main())
