"""The servers that are compared: how each one is started, and how it is asked."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from bench import client, wire

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Upstream:
    """The mock, as a target sees it."""

    port: int

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self.port}/v1"


@dataclass(frozen=True)
class Target:
    """`paths` by format; `cannot` says of a format why it is not measured.

    `server` is the process whose whole tree is the target's cost; `services` are others it needs.
    """

    name: str
    version: str
    port: int
    paths: dict[str, str]
    headers: dict[str, str] = field(default_factory=dict)
    model: str = wire.MODEL
    server: int | None = None
    services: dict[str, int] = field(default_factory=dict)
    cannot: dict[str, str] = field(default_factory=dict)

    def address(self, wire_format: str, is_stream: bool) -> client.Address:
        body = wire.request_body(wire_format, self.model, is_stream)
        headers = dict(self.headers)
        if wire_format == wire.ANTHROPIC:
            headers["anthropic-version"] = "2023-06-01"
        return client.Address(HOST, self.port, client.payload(HOST, self.paths[wire_format], headers, body))


@dataclass(frozen=True)
class Options:
    """`portal_server` names what serves the portal, or is a command with `{port}` in it.

    With `samples` the portal runs under `bench.sampler`, which writes there.
    """

    on: set[int]
    portal_server: str = "serve"
    samples: Path | None = None


Starter = Callable[[Upstream, Options], AbstractContextManager[Target]]
