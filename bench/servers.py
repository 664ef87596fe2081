"""Starting what is measured: a process of its own session, a log in var/bench/, ready when it answers."""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
HOME = ROOT / "var" / "bench"


class CannotStart(Exception):
    """One line, and the end of the log."""


@dataclass(frozen=True)
class Command:
    """`on` are the cores it may use; `ready` is an address that answers 200 once it serves."""

    name: str
    arguments: list[str]
    variables: dict[str, str]
    on: set[int]
    ready: str
    seconds: float = 120


@contextmanager
def running(command: Command) -> Iterator[int]:
    """Its process id."""
    HOME.mkdir(parents=True, exist_ok=True)
    log = HOME / f"{command.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command.arguments, cwd=ROOT, env={**os.environ, **command.variables}, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=lambda: os.sched_setaffinity(0, command.on),
        )  # fmt: skip
        try:
            _wait_until_ready(command, process, log)
            yield process.pid
        finally:
            end(process)


def _wait_until_ready(command: Command, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + command.seconds
    while process.poll() is None and time.monotonic() < deadline:
        if _answers(command.ready):
            return
        time.sleep(0.1)
    raise CannotStart(f"{command.name} did not start ({log}):\n{log.read_text(errors='replace')[-3000:]}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def end(process: "subprocess.Popen[bytes]") -> None:
    """The whole session: a server may have children that it does not stop itself."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
