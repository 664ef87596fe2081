"""The upstream itself: what the others add is measured against it."""

from collections.abc import Iterator
from contextlib import contextmanager

from bench import wire
from bench.targets import Options, Target, Upstream


@contextmanager
def start(upstream: Upstream, _: Options) -> Iterator[Target]:
    paths = {wire_format: path for path, wire_format in wire.PATHS.items()}
    yield Target("direct", "mock", upstream.port, paths)
