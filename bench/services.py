"""PostgreSQL and Redis of the bench's own, so that their CPU is the portal's alone.

Found, installed and started with what `tests.services` has for the tests; other than there, PostgreSQL
keeps its default durability: a commit waits for the disk, as it does in production.
"""

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from bench import processes
from tests import services

Found = TypeVar("Found")


def private_postgresql(running: ExitStack) -> tuple[str, int]:
    """The URL of an empty database and the server's process id."""
    binaries = _provide("PostgreSQL", services.postgresql_binaries)
    place = tempfile.TemporaryDirectory(prefix="portal-bench-pg-", ignore_cleanup_errors=True)
    directory, account = Path(running.enter_context(place)), services.server_account()
    if account:
        os.chown(directory, account.pw_uid, account.pw_gid)
    data, port = directory / "data", services.free_port()
    initdb = [f"{binaries}/initdb", "-D", f"{data}", "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    with services.spawn([*initdb, "--locale", "C.UTF-8"], subprocess.PIPE, directory, account) as making:
        output = making.communicate()[0].decode(errors="replace")
    if making.returncode:
        raise services.Missing(f"{shlex.join(initdb)} failed:\n{output}")
    options = ["-p", f"{port}", "-k", f"{directory}", "-c", "listen_addresses=127.0.0.1"]
    server = [f"{binaries}/postgres", "-D", f"{data}", *options]
    running.enter_context(services.process(server, lambda: services.is_ready(data), directory, account))
    return f"postgres://postgres@127.0.0.1:{port}/postgres", int(
        (data / "postmaster.pid").read_text().split()[0]
    )


def private_redis(running: ExitStack) -> tuple[str, int]:
    """The URL of an empty server and its process id."""
    server, port = _provide("Redis", lambda: shutil.which("redis-server")), services.free_port()
    before = set(processes.tree(os.getpid()))
    command = [server, "--port", f"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    running.enter_context(services.process(command, lambda: services.ping_redis(port)))
    (started,) = set(processes.tree(os.getpid())) - before
    return f"redis://127.0.0.1:{port}", started


def _provide(name: str, find: Callable[[], Found | None]) -> Found:
    found = find()
    if found is None:
        services.install(name)
        found = find()
    if found is None:
        raise services.Missing(f"{name} is needed for the bench: install it.")
    return found
