"""A portal as its operators run it: `manage.py prepare`, then `manage.py serve`, over real HTTP."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class PortalProcess:
    url: str
    variables: dict[str, str]
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    @property
    def api(self) -> str:
        return f"{self.url}/api"

    def manage(self, *arguments: str) -> str:
        return manage(self.variables, *arguments)


def manage(variables: dict[str, str], *arguments: str) -> str:
    """What `manage.py` prints on stdout."""
    command = [sys.executable, "manage.py", *arguments]
    environment = {**os.environ, **variables}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


@contextmanager
def serve(variables: dict[str, str], **more: str) -> Iterator[PortalProcess]:
    """`variables` must name a prepared database."""
    port = free_port()
    variables = {**variables, "PORTAL_PORT": str(port), **more}
    log = Path(variables["PORTAL_DATA_DIR"]) / f"serve-{port}.log"
    with log.open("wb") as output:
        command = [sys.executable, "manage.py", "serve"]
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **variables}, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            wait_until_ready(f"http://127.0.0.1:{port}", process, log)
            yield PortalProcess(f"http://127.0.0.1:{port}", variables, process, log)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"The portal did not start:\n{log.read_text()[-3000:]}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def celery_worker(variables: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """Takes what is queued at once: whether it has started yet need not be waited for."""
    log = Path(variables["PORTAL_DATA_DIR"]) / "worker.log"
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "portal",
        "worker",
        "--pool",
        "solo",
        "--loglevel",
        "INFO",
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **variables}, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
