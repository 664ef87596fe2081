"""Portkey's gateway: its own start script under node, with its default settings."""

from collections.abc import Iterator
from contextlib import contextmanager

from bench import installs, wire
from bench.servers import Command, running
from bench.targets import HOST, Options, Target, Upstream
from tests.services import free_port


@contextmanager
def start(upstream: Upstream, options: Options) -> Iterator[Target]:
    script, port = installs.portkey(), free_port()
    command = ["node", f"{script}", "--headless", f"--port={port}"]
    # Without it the gateway refuses an upstream on this machine.
    variables = {"TRUSTED_CUSTOM_HOSTS": HOST, "NODE_ENV": "production"}
    with running(Command("portkey", command, variables, options.on, f"http://{HOST}:{port}/")) as server:
        headers = {
            "Authorization": "Bearer none",
            "x-portkey-provider": "openai",
            "x-portkey-custom-host": upstream.base_url,
        }
        version = f"{installs.PORTKEY} with @hono/node-server {installs.PORTKEY_SERVER}"
        cannot = {wire.ANTHROPIC: "it does not translate /v1/messages for an OpenAI upstream"}
        paths = {wire.OPENAI: "/v1/chat/completions", wire.ANTHROPIC: "/v1/messages"}
        yield Target(
            "portkey",
            version,
            port,
            paths,
            headers,
            server=server,
            cannot=cannot,
        )
