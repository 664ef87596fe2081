"""The portal as its Dockerfile and docker-compose.yml run it: one web process, PostgreSQL, Redis.

Both services are private ones with their default durability, on the portal's cores.
"""

import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bench import installs, processes, wire
from bench.servers import ROOT, Command, running
from bench.services import private_postgresql, private_redis
from bench.targets import HOST, Options, Target, Upstream
from tests.portal_process import manage
from tests.services import free_port

EMAIL, PASSWORD = "bench@example.org", "correct-horse-battery"
MODEL = "Waymore-A1-Instruct-1011"
PATHS = {wire.OPENAI: "/api/chat/completions", wire.ANTHROPIC: "/api/v1/messages"}

# What can serve the portal's ASGI application, beside what `manage.py serve` does.
_APPLICATION = "portal.asgi:application"
SERVERS = {
    "serve": "{python} manage.py serve",
    "daphne": f"{{python}} -m daphne -b {HOST} -p {{port}} {_APPLICATION}",
    "uvicorn": f"{{python}} -m uvicorn --host {HOST} --port {{port}} --no-access-log {_APPLICATION}",
    "hypercorn": f"{{python}} -m hypercorn --bind {HOST}:{{port}} {_APPLICATION}",
    "granian": f"{{python}} -m granian --interface asgi --host {HOST} --port {{port}} {_APPLICATION}",
}


@contextmanager
def start(upstream: Upstream, options: Options) -> Iterator[Target]:
    with ExitStack() as stack:
        database_url, postgresql = private_postgresql(stack)
        redis_url, redis = private_redis(stack)
        for service in (postgresql, redis):
            processes.pin(service, options.on)
        port = free_port()
        variables = {
            "PORTAL_DATA_DIR": stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-bench-")),
            "PORTAL_SECRET_KEY": "a key of the bench, good for nothing else",
            "PORTAL_PORT": str(port),
            "PORTAL_UPSTREAM_URL": upstream.base_url,
            "PORTAL_UPSTREAM_MODEL": wire.MODEL,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "PYTHONUNBUFFERED": "1",
        }
        secret = _prepare(variables)
        command = Command(
            "portal", _command(options, port), {**variables, **_path(options)}, options.on,
            f"http://{HOST}:{port}/readyz",
        )  # fmt: skip
        server = stack.enter_context(running(command))
        yield Target(
            "portal", _version(options), port, PATHS, {"Authorization": f"Bearer {secret}"}, MODEL, server,
            {"postgresql": postgresql, "redis": redis},
        )  # fmt: skip


def _prepare(variables: dict[str, str]) -> str:
    manage(variables, "prepare")
    manage(variables, "create_user", "--email", EMAIL, "--password", PASSWORD)
    made = manage(variables, "create_api_key", "--email", EMAIL, "--name", "bench", "--permission", "chat")
    return made.strip()


def _command(options: Options, port: int) -> list[str]:
    template = SERVERS.get(options.portal_server, options.portal_server)
    command = [part.format(python=sys.executable, port=port) for part in shlex.split(template)]
    if options.samples is not None and command[0] == sys.executable:
        command[1:1] = ["-m", "bench.sampler", str(options.samples), "--"]
    return command


def _path(options: Options) -> dict[str, str]:
    """Servers the portal does not come with are installed beside it, for the bench only."""
    folder = installs.asgi_server(options.portal_server)
    path = {"PYTHONPATH": str(folder)} if folder else {}
    return {**path, "DJANGO_SETTINGS_MODULE": "portal.settings"}


def _version(options: Options) -> str:
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    return f"{described or 'no commit'} on {options.portal_server}"
