"""Which deployments fail: asked of a cache that may hang, and never in a caller's way."""

import asyncio
import threading
from types import SimpleNamespace

import pytest

from chat.catalogue import health
from chat.catalogue.health import CachedHealth
from chat.gateway.errors import UpstreamError
from tests import asynchronous


def test_it_works() -> None:
    async def fail() -> list[bool]:
        first, other = CachedHealth(), CachedHealth()
        seen = [bool(await first.cooling(["a"]))]
        for _ in range(3):
            await first.failed("a", UpstreamError("no"))
        seen += [bool(await each.cooling(["a", "b"])) for each in (first, other)]
        await first.succeeded("a")
        return [*seen, bool(await first.cooling(["a"]))]

    assert asynchronous.run_with_database(fail()) == [False, True, True, False]


def test_a_cache_that_hangs_holds_up_one_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    wakes, asked = threading.Event(), []

    def hang(keys: list[str]) -> dict[str, bool]:
        asked.append(keys)
        wakes.wait(10)
        return dict.fromkeys(keys, True)

    monkeypatch.setattr(health, "cache", SimpleNamespace(get_many=hang))

    async def ask() -> None:
        known = CachedHealth()
        first = asyncio.create_task(known.cooling(["a"]))
        await asyncio.sleep(0)
        async with asyncio.timeout(2):
            assert [await known.cooling(["a"]) for _ in range(20)] == [[]] * 20
        wakes.set()
        assert await first == ["a"]
        assert await known.cooling(["a"]) == ["a"]

    asynchronous.run_with_database(ask())
    assert len(asked) == 1
