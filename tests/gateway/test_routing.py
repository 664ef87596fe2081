"""Which deployment answers, and what happens when one does not."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Collection

import pytest

from chat.gateway import events as ev
from chat.gateway import routing
from chat.gateway.collect import collect
from chat.gateway.errors import (
    GatewayError,
    UpstreamError,
    UpstreamFailure,
    UpstreamMisconfigured,
    UpstreamOverloaded,
    UpstreamRejected,
    UpstreamTimeout,
)
from chat.gateway.request import Message, Request, Text
from chat.gateway.routing import Deployment, Route, ordered
from chat.gateway.upstreams.concurrency import LocalSlots, WithSlots
from chat.gateway.upstreams.deadlines import Deadlines, WithDeadlines
from tests import asynchronous

HELLO = Request("m", (Message("user", (Text("Hello"),)),), stream=True)


class NoHealth:
    """Nothing ever cools; remembers what it was told."""

    def __init__(self, cooling: Collection[str] = ()) -> None:
        self.told: list[str] = []
        self._cooling = cooling

    async def cooling(self, ids: Collection[str]) -> Collection[str]:
        return self._cooling

    async def failed(self, deployment_id: str, error: UpstreamFailure) -> None:
        self.told.append(f"{deployment_id} failed")

    async def succeeded(self, deployment_id: str) -> None:
        self.told.append(f"{deployment_id} succeeded")


class Scripted:
    """Fails as its script says, then answers with its name, `pause` seconds between events."""

    def __init__(self, name: str, *failures: GatewayError, pause: float = 0, after: int = 0) -> None:
        self.name = name
        self.calls = 0
        self.is_closed = False
        self._failures = list(failures)
        self._pause = pause
        self._after = after

    async def call(self, request: Request, model: str) -> AsyncGenerator[ev.Batch, None]:
        self.calls += 1
        failure = self._failures.pop(0) if self._failures else None
        said = (
            ev.Start(),
            ev.TextStart(),
            ev.TextDelta(self.name),
            ev.PartStop(),
            ev.Finish(ev.StopReason.END),
        )
        try:
            for number, event in enumerate(said):
                if failure and number == self._after:
                    raise failure
                await asyncio.sleep(self._pause)
                yield [event]
        finally:
            self.is_closed = True


def deployment(upstream: Scripted, priority: int = 0, weight: float = 1) -> Deployment:
    return Deployment(upstream.name, upstream, "m", priority, weight)


def ask(*deployments: Deployment, health: NoHealth | None = None) -> str:
    async def run() -> str:
        route = Route(deployments, health or NoHealth())
        return collect([event async for batch in route.batches(HELLO) for event in batch]).text

    return asynchronous.run(run())


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "FIRST_PAUSE", 0.001)


def test_the_lowest_priority_goes_first() -> None:
    assert ask(deployment(Scripted("b"), 2), deployment(Scripted("a"), 1)) == "a"


def test_weights_share_the_calls() -> None:
    pair = [deployment(Scripted("a"), weight=3), deployment(Scripted("b"), weight=1)]
    first = Counter(ordered(pair, ())[0].id for _ in range(4000))
    assert 2800 < first["a"] < 3200


def test_cooling_ones_go_last_but_go() -> None:
    pair = [deployment(Scripted("a"), 1), deployment(Scripted("b"), 2)]
    assert ask(*pair, health=NoHealth(cooling=["a"])) == "b"
    assert ask(pair[0], health=NoHealth(cooling=["a"])) == "a"


@pytest.mark.parametrize("kind", [UpstreamError, UpstreamTimeout, UpstreamOverloaded, UpstreamMisconfigured])
def test_it_falls_over_before_the_first_event(kind: type[UpstreamFailure]) -> None:
    health = NoHealth()
    assert ask(deployment(Scripted("a", kind("x")), 1), deployment(Scripted("b"), 2), health=health) == "b"
    assert health.told == ["a failed", "b succeeded"]


def test_never_after_it() -> None:
    other = Scripted("b")
    with pytest.raises(UpstreamError):
        ask(deployment(Scripted("a", UpstreamError("x"), after=2), 1), deployment(other, 2))
    assert other.calls == 0


def test_a_request_that_is_wrong_is_wrong_everywhere() -> None:
    other, health = Scripted("b"), NoHealth()
    with pytest.raises(UpstreamRejected):
        ask(deployment(Scripted("a", UpstreamRejected("x")), 1), deployment(other, 2), health=health)
    assert (other.calls, health.told) == (0, [])


def test_a_passing_failure_is_tried_again() -> None:
    upstream = Scripted("a", UpstreamError("x"), UpstreamOverloaded("y"))
    assert ask(deployment(upstream)) == "a"
    assert upstream.calls == 3


@pytest.mark.parametrize(
    ("error", "calls"), [(UpstreamMisconfigured("x"), 1), (UpstreamTimeout("x"), 1), (UpstreamError("x"), 3)]
)
def test_it_gives_up(error: UpstreamFailure, calls: int) -> None:
    upstream = Scripted("a", *[error] * 5)
    with pytest.raises(type(error)):
        ask(deployment(upstream))
    assert upstream.calls == calls


def test_retry_after_is_honoured_or_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(routing.asyncio, "sleep", sleep)
    soon, late = (UpstreamOverloaded("x", headers={"retry-after": value}) for value in ("2", "600"))
    assert ask(deployment(Scripted("a", soon))) == "a"
    assert pauses[0] == 0 or 2.0 in pauses
    with pytest.raises(UpstreamOverloaded) as caught:
        ask(deployment(Scripted("a", late)))
    assert caught.value.headers["retry-after"] == "600"


def test_without_any_deployment_it_says_so() -> None:
    with pytest.raises(UpstreamError, match="No model server"):
        ask()


@pytest.mark.parametrize(
    "deadlines",
    [Deadlines(0.05, 9, 9), Deadlines(9, 0.05, 9), Deadlines(9, 9, 0.05)],
    ids=["first", "idle", "total"],
)
def test_every_deadline_ends_the_call(deadlines: Deadlines) -> None:
    upstream = Scripted("a", pause=0.2)
    wrapped = Deployment("a", WithDeadlines(upstream, deadlines), "m")
    with pytest.raises(UpstreamTimeout):
        ask(wrapped)
    assert upstream.is_closed


def test_the_cap_lets_few_in_and_few_wait_l04() -> None:
    upstream = Scripted("a", pause=0.02)

    async def one(slots: LocalSlots) -> str:
        try:
            call = WithSlots(upstream, slots).call(HELLO, "m")
            events = [event async for batch in call for event in batch]
        except UpstreamOverloaded as error:
            return "full" if "Too many" in error.message else "late"
        return collect(events).text

    async def run(wait: float) -> Counter[str]:
        slots = LocalSlots(limit=2, queue=3, wait=wait)
        return Counter(await asyncio.gather(*(one(slots) for _ in range(10))))

    assert asynchronous.run(run(wait=5)) == {"a": 5, "full": 5}
    assert asynchronous.run(run(wait=0.01)) == {"a": 2, "late": 3, "full": 5}
