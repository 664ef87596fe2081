"""Real PostgreSQL, Redis and Chromium for the tests.

`python -m tests.services -- COMMAND` finds each one (see DESIGN, *Test services*): what the
environment names, what answers on the standard port, what it can start, what it can install. Then it
runs COMMAND with `TEST_DATABASE_URL`, `TEST_REDIS_URL` and `TEST_CHROMIUM` set, and stops what it
started. Needs nothing but the standard library.
"""

import os
import pwd
import shlex
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
from types import FrameType

Found = tuple[str, str]  # what to put into the environment, and where it comes from

PACKAGES = {
    "apt-get": {"PostgreSQL": "postgresql", "Redis": "redis-server", "Chromium": "chromium-headless-shell"},
    "dnf": {"PostgreSQL": "postgresql-server", "Redis": "redis", "Chromium": "chromium"},
    "apk": {"PostgreSQL": "postgresql", "Redis": "redis", "Chromium": "chromium"},
}
INSTALL = {
    # A machine that has just started may still be updating itself: wait for its lock.
    "apt-get": ["apt-get", "-o", "DPkg::Lock::Timeout=300", "install", "-y", "--no-install-recommends"],
    "dnf": ["dnf", "install", "-y"],
    "apk": ["apk", "add"],
}
# The one without windows does the same pages with half the work.
CHROMIUM_NAMES = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome",
)  # fmt: skip


# Many portals run at a time; a server that lets in fewer is left alone, and one of our own is started.
FEWEST_CONNECTIONS = 300
STOPPING = (signal.SIGINT, signal.SIGTERM)


class Missing(Exception):
    """One line for the person at the terminal."""


def main(arguments: list[str]) -> int:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    for number in STOPPING:
        signal.signal(number, stop)
    try:
        with ExitStack() as running:
            found = {
                "TEST_DATABASE_URL": provide("PostgreSQL", "TEST_DATABASE_URL", postgresql, running),
                "TEST_REDIS_URL": provide("Redis", "TEST_REDIS_URL", redis, running),
                "TEST_CHROMIUM": provide("Chromium", "TEST_CHROMIUM", chromium, running),
            }
            if command:
                return run(command, found)
            print(*(f"{name}={value}" for name, value in found.items()), sep="\n")
            return 0
    except Missing as error:
        print(error, file=sys.stderr)
        return 1


def stop(number: int, _: FrameType | None) -> None:
    """Leaves through the exit stack, so that what was started is stopped, once and undisturbed."""
    for each in STOPPING:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


def run(command: list[str], found: dict[str, str]) -> int:
    try:
        child = subprocess.Popen(command, env={**os.environ, **found})
    except OSError as error:
        raise Missing(f"{command[0]}: {error.strerror}") from None

    def forward(number: int, _: FrameType | None) -> None:
        # A second Ctrl-C would make pytest drop its own clean-up.
        if number != signal.SIGINT or not terminal_tells_the_child():
            child.send_signal(number)

    for number in STOPPING:
        signal.signal(number, forward)
    status = child.wait()
    return status if status >= 0 else 128 - status  # as a shell puts "ended by a signal"


def terminal_tells_the_child() -> bool:
    """Ctrl-C goes to the whole foreground group, and the child is in ours."""
    with suppress(OSError), open("/dev/tty") as terminal:
        return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    return False


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
    prefix = as_root()
    if manager is None or prefix is None:
        return
    commands = [[*INSTALL[manager], PACKAGES[manager][name]]]
    if manager == "apt-get":
        commands.insert(0, ["apt-get", "update"])
    handle, log = tempfile.mkstemp(prefix="portal-install-", suffix=".log")
    say(name, f"installing {PACKAGES[manager][name]} with {manager}, this can take minutes (log: {log}) …")
    with open(handle, "w") as output:
        for command in commands:  # the last one decides: a stale index may be good enough
            # sudo drops the environment, hence env.
            full = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", *command]
            done = subprocess.run(full, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    if done.returncode:
        print(
            Path(log).read_text(errors="replace")[-3000:], f"The whole log: {log}", sep="\n", file=sys.stderr
        )
    else:
        Path(log).unlink()


def as_root() -> list[str] | None:
    """What to put before a command that needs root; None when nothing helps."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True).returncode == 0:
        return [sudo, "-n"]
    return None


def chromium(running: ExitStack) -> Found | None:
    path = next(filter(is_browser, filter(None, map(shutil.which, CHROMIUM_NAMES))), None)
    return (path, path) if path else None


def is_browser(path: str) -> bool:
    """Ubuntu's `chromium-browser` may be a script that only asks for its snap."""
    with suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run([path, "--version"], capture_output=True, timeout=30).returncode == 0
    return False


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
    for place in ("127.0.0.1:5432/postgres", "/postgres?host=/var/run/postgresql"):
        for role in roles():
            # Always with a role: urllib drops the slashes of a URL that has nobody and no host.
            if may_create_databases(url := f"postgres://{role}@{place}"):
                return url, f"{role}@{place} (already running)"
    binaries = postgresql_binaries()
    return start_postgresql(binaries, running) if binaries else None


def roles() -> list[str]:
    # Peer authentication goes by the account we run as; $USER may be somebody else's.
    with suppress(KeyError):
        return ["postgres", pwd.getpwuid(os.geteuid()).pw_name]
    return ["postgres"]


def may_create_databases(url: str) -> bool:
    psql = shutil.which("psql")
    if psql is None:
        return False
    query = (
        "SELECT (rolcreatedb OR rolsuper) AND current_setting('max_connections')::int >= "
        f"{FEWEST_CONNECTIONS} FROM pg_roles WHERE rolname = current_user"
    )
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
        return Path(initdb).resolve().parent  # the server is beside it, not beside a link to it
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((path.parent for path in versions), key=lambda path: float(path.parent.name), default=None)


def start_postgresql(binaries: Path, running: ExitStack) -> Found:
    place = tempfile.TemporaryDirectory(prefix="portal-pg-", dir="/tmp", ignore_cleanup_errors=True)
    directory, account = Path(running.enter_context(place)), server_account()
    if account:
        os.chown(directory, account.pw_uid, account.pw_gid)
    data, port = directory / "data", free_port()
    options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
    initdb = [f"{binaries}/initdb", "-D", f"{data}", *options]
    with spawn(initdb, subprocess.PIPE, directory, account) as making:
        output = making.communicate()[0].decode(errors="replace")
    if making.returncode:
        raise Missing(f"{shlex.join(initdb)} failed; set TEST_DATABASE_URL to a server that runs.\n{output}")
    options = ["-p", f"{port}", "-k", f"{directory}", "-c", "listen_addresses=127.0.0.1"]
    options += ["-c", "fsync=off", "-c", "max_connections=500"]
    server = [f"{binaries}/postgres", "-D", f"{data}", *options]
    running.enter_context(process(server, lambda: is_ready(data), directory, account))
    return f"postgres://postgres@127.0.0.1:{port}/postgres", f"started {server[0]} on port {port}"


def server_account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: then somebody else; otherwise None, ourselves."""
    if os.geteuid():
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise Missing("PostgreSQL does not run as root: add an account `postgres`, or set TEST_DATABASE_URL.")


def is_ready(data: Path) -> bool:
    """As pg_ctl asks: the eighth line of the server's lock file. Needs no client program."""
    with suppress(OSError, IndexError):
        return (data / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
    return False


@contextmanager
def process(
    command: list[str],
    is_ready: Callable[[], bool],
    cwd: Path | None = None,
    account: pwd.struct_passwd | None = None,
) -> Iterator[None]:
    """A server of our own, in a session of its own, so that Ctrl-C reaches it last."""
    with tempfile.TemporaryFile() as log:
        server = spawn(command, log.fileno(), cwd, account)
        try:
            if not wait_until(is_ready, server):
                log.seek(0)
                output = log.read()[-3000:].decode(errors="replace")
                raise Missing(f"{shlex.join(command)} did not start; set the TEST_* variable.\n{output}")
            yield
        finally:
            end(server)


def spawn(
    command: list[str], output: int, cwd: Path | None, account: pwd.struct_passwd | None
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=cwd,
        start_new_session=True, user=account and account.pw_uid, group=account and account.pw_gid,
        extra_groups=[] if account else None,
    )  # fmt: skip


def end(server: "subprocess.Popen[bytes]") -> None:
    server.send_signal(signal.SIGINT)  # on SIGTERM PostgreSQL would wait for its clients to leave
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def wait_until(is_ready: Callable[[], bool], server: "subprocess.Popen[bytes]") -> bool:
    deadline = time.monotonic() + 30
    while not is_ready():
        if server.poll() is not None or time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
