"""`python -m bench.sampler OUT -- FILE …` runs a server and samples, between two signals, where its CPU goes.

`FILE …` is a script or `-m MODULE …`. SIGUSR1 begins, SIGUSR2 writes OUT. A CPU timer (SIGPROF) ticks, and
each thread's stack is charged with the CPU that thread used since the last tick: unlike a tracing
profiler this leaves small functions as cheap as they are. The stack is the one at the next bytecode, so C
code counts for the Python function that called it. Python only; children are not followed.
"""

import json
import runpy
import signal
import sys
import threading
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from types import FrameType

INTERVAL = 0.004  # the kernel's own tick: finer is not to be had

Stack = tuple[str, ...]


class Sampler:
    def __init__(self, output: Path) -> None:
        self._output = output
        self._milliseconds: defaultdict[Stack, float] = defaultdict(float)
        self._clocks: dict[int, float] = {}

    def begin(self, *_: object) -> None:
        self._milliseconds.clear()
        self._clocks = self._read_clocks()
        signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)

    def end(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        stacks = [{"stack": stack, "ms": spent} for stack, spent in self._milliseconds.items()]
        # Renamed into place: whoever waits for the file finds it whole.
        unfinished = self._output.with_suffix(".part")
        unfinished.write_text(json.dumps(stacks))
        unfinished.replace(self._output)

    def tick(self, _: int, frame: FrameType | None) -> None:
        clocks, frames = self._read_clocks(), sys._current_frames()
        for thread, clock in clocks.items():
            spent = clock - self._clocks.get(thread, clock)
            is_main = thread == threading.main_thread().ident
            if spent > 0 and (at := frame if is_main else frames.get(thread)):
                self._milliseconds[_stack(at)] += spent * 1000
        self._clocks = clocks

    def _read_clocks(self) -> dict[int, float]:
        clocks = {}
        for thread in threading.enumerate():
            if thread.ident is not None:
                with suppress(OSError):  # it has just ended
                    clocks[thread.ident] = time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
        return clocks


def _stack(frame: FrameType | None) -> Stack:
    """Outermost first, as `module:function`; a coroutine's callers are on it as any function's are."""
    names = []
    while frame is not None:
        names.append(f"{frame.f_globals.get('__name__', '?')}:{frame.f_code.co_qualname}")
        frame = frame.f_back
    return tuple(reversed(names))


def main() -> None:
    output, separator, *command = sys.argv[1:]
    if separator != "--" or not command:
        sys.exit("usage: python -m bench.sampler OUT -- FILE …")
    sampler = Sampler(Path(output))
    signal.signal(signal.SIGPROF, sampler.tick)
    signal.signal(signal.SIGUSR1, sampler.begin)
    signal.signal(signal.SIGUSR2, sampler.end)
    # As `python FILE` and `python -m MODULE` have it.
    if command[0] == "-m":
        sys.argv = command[1:]
        runpy.run_module(command[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = command
        runpy.run_path(command[0], run_name="__main__")


if __name__ == "__main__":
    main()
