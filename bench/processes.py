"""What processes cost: CPU and memory of whole trees, and the cores they run on. Linux only (/proc)."""

import os
import time
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def tree(root: int) -> list[int]:
    """`root` and all it started, as far as they still run."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, ahead = [], [root]
    while ahead:
        found.append(pid := ahead.pop())
        ahead += children.get(pid, [])
    return found


def cpu_seconds(root: int) -> float:
    """Of the whole tree since it began, with what ended children used."""
    total = 0.0
    for pid in tree(root):
        fields = _stat(pid)
        if fields is not None:
            total += _own_cpu(pid) + (int(fields[13]) + int(fields[14])) / _TICKS
    return total


def _own_cpu(pid: int) -> float:
    """To the nanosecond, where /proc/PID/stat counts hundredths: the process's own CPU clock.

    Its id is the one clock_getcpuclockid(3) makes; all threads count, ended ones too.
    """
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def memory_kib(root: int) -> float:
    """Proportional set size of the tree: what its members share counts once."""
    return float(sum(_pss(pid) for pid in tree(root)))


def _pss(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))


def _stat(pid: int) -> list[str] | None:
    """The fields after the name, from the state (0) on."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def cores() -> tuple[set[int], set[int], set[int]]:
    """For the servers under test (two), the load generator, the mock; all the same where there are few."""
    every = sorted(os.sched_getaffinity(0))
    if len(every) < 3:
        return set(every), set(every), set(every)
    others = every[2:]
    return set(every[:2]), {others[0]}, set(others[1:]) or {others[0]}


def pace(on: set[int]) -> float:
    """Milliseconds of CPU that a fixed piece of work takes on the cores `on` just now.

    A virtual machine's cores slow down and speed up with its neighbours, and CPU time with them.
    """
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, on)
    try:
        begun = time.thread_time()
        sum(number * number % 7 for number in range(100_000))
        return (time.thread_time() - begun) * 1000
    finally:
        os.sched_setaffinity(0, mine)


def pin(root: int, to: set[int]) -> None:
    """Every thread of the tree; what they start later inherits it."""
    for pid in tree(root):
        for task in Path(f"/proc/{pid}/task").iterdir():
            try:
                os.sched_setaffinity(int(task.name), to)
            except ProcessLookupError:
                continue
