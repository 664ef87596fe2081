"""Real PostgreSQL, Redis and Chromium for the tests.

`python -m tests.services -- COMMAND` finds each one (see DESIGN, *Test services*): what the
environment names, what answers on the standard port, what it can start, what it can install. Then it
runs COMMAND with `TEST_DATABASE_URL`, `TEST_REDIS_URL` and `TEST_CHROMIUM` set, and stops what it
started. Needs nothing but the standard library.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

Found = tuple[str, str]  # what to put into the environment, and where it comes from

PACKAGES = {
    "apt-get": {"PostgreSQL": "postgresql", "Redis": "redis-server", "Chromium": "chromium"},
    "dnf": {"PostgreSQL": "postgresql-server", "Redis": "redis", "Chromium": "chromium"},
    "apk": {"PostgreSQL": "postgresql", "Redis": "redis", "Chromium": "chromium"},
}
INSTALL = {
    "apt-get": ["apt-get", "install", "-y", "--no-install-recommends"],
    "dnf": ["dnf", "install", "-y"],
    "apk": ["apk", "add"],
}
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


class Missing(Exception):
    """One line for the person at the terminal."""


def main(arguments: list[str]) -> int:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    with ExitStack() as running:
        try:
            found = {
                "TEST_DATABASE_URL": provide("PostgreSQL", "TEST_DATABASE_URL", postgresql, running),
                "TEST_REDIS_URL": provide("Redis", "TEST_REDIS_URL", redis, running),
                "TEST_CHROMIUM": provide("Chromium", "TEST_CHROMIUM", chromium, running),
            }
        except Missing as error:
            print(error, file=sys.stderr)
            return 1
        if not command:
            print(*(f"{name}={value}" for name, value in found.items()), sep="\n")
            return 0
        return run(command, found)


def run(command: list[str], found: dict[str, str]) -> int:
    child = subprocess.Popen(command, env={**os.environ, **found})
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: child.send_signal(received))
    return child.wait()


Finder = Callable[[ExitStack], Found | None]


def provide(name: str, variable: str, find: Finder, running: ExitStack) -> str:
    if value := os.environ.get(variable):
        say(name, f"from {variable}")
        return value
    found = find(running)
    if found is None:
        install(name)
        found = find(running)
    if found is None:
        raise Missing(f"{name} is needed for the tests: install it, or set {variable}.")
    say(name, found[1])
    return found[0]


def say(name: str, where: str) -> None:
    print(f"{name}: {where}", file=sys.stderr, flush=True)


def install(name: str) -> None:
    manager = next((tool for tool in PACKAGES if shutil.which(tool)), None)
    if manager is None:
        return
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    say(name, f"installing {PACKAGES[manager][name]} with {manager} …")
    commands = [[*INSTALL[manager], PACKAGES[manager][name]]]
    if manager == "apt-get":
        commands.insert(0, ["apt-get", "update"])
    with tempfile.NamedTemporaryFile("w+", suffix=".log") as log:
        for command in commands:
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            done = subprocess.run([*prefix, *command], stdout=log, stderr=log, env=environment)
        if done.returncode:
            print(Path(log.name).read_text()[-3000:], file=sys.stderr)


def chromium(running: ExitStack) -> Found | None:
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    return (path, path) if path else None


def redis(running: ExitStack) -> Found | None:
    if ping_redis(6379):
        return "redis://127.0.0.1:6379", "127.0.0.1:6379 (already running)"
    server = shutil.which("redis-server")
    if server is None:
        return None
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    running.enter_context(process([server, *options], lambda: ping_redis(port)))
    return f"redis://127.0.0.1:{port}", f"started {server} on port {port}"


def ping_redis(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(b"+PONG")
    return False


def postgresql(running: ExitStack) -> Found | None:
    for url in (
        "postgres://postgres@127.0.0.1:5432/postgres",
        "postgres:///postgres?host=/var/run/postgresql",
    ):
        if may_create_databases(url):
            return url, f"{url.partition('//')[2]} (already running)"
    binaries = postgresql_binaries()
    return start_postgresql(binaries, running) if binaries else None


def may_create_databases(url: str) -> bool:
    psql = shutil.which("psql")
    if psql is None:
        return False
    query = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    try:
        answer = subprocess.run(
            [psql, url.replace("postgres://", "postgresql://", 1), "-Atwc", query],
            capture_output=True, text=True, timeout=10,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    return answer.stdout.strip() == "t"


def postgresql_binaries() -> Path | None:
    if initdb := shutil.which("initdb"):
        return Path(initdb).parent
    return max(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), default=None
    )


def start_postgresql(binaries: Path, running: ExitStack) -> Found:
    directory = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="portal-pg-", dir="/tmp")))
    # PostgreSQL refuses to run as root.
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if prefix:
        shutil.chown(directory, "postgres")
    data, port = directory / "data", free_port()
    initdb = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run([*prefix, *initdb], check=True, capture_output=True, cwd=directory)
    options = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k", directory]
    options += ["-c", "max_connections=300"]
    url = f"postgres://postgres@127.0.0.1:{port}/postgres"
    server = [*prefix, binaries / "postgres", "-D", data, *options]
    running.enter_context(process(server, lambda: may_create_databases(url), cwd=directory))
    return url, f"started {binaries / 'postgres'} on port {port}"


@contextmanager
def process(
    command: list[str | Path], is_ready: Callable[[], bool], cwd: Path | None = None
) -> Iterator[None]:
    """A server of our own, in a process group of its own, so that Ctrl-C reaches it last."""
    silent = subprocess.DEVNULL
    server = subprocess.Popen(command, stdout=silent, stderr=silent, start_new_session=True, cwd=cwd)
    try:
        wait_until(is_ready, server)
        yield
    finally:
        server.terminate()
        server.wait()


def wait_until(is_ready: Callable[[], bool], server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while not is_ready():
        if server.poll() is not None or time.monotonic() > deadline:
            raise Missing(f"{server.args} did not start; set the TEST_* variable to a server that runs.")
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
