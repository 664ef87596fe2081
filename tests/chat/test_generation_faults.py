"""Answers that are being written when something breaks: none is lost, none doubled."""

import asyncio
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext, suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.utils import timezone
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from portal.management.commands.serve import GRACE
from tests import profile
from tests.asynchronous import run
from tests.chat.test_key_limits import redis_server
from tests.conformance import says
from tests.conformance.scripted import Script, ScriptedServer
from tests.ledger_rows import rewrite
from tests.portal_process import PortalProcess, free_port, serve
from usage.models import UsageRecord

MODEL = "Waymore-A1-Instruct-1011"
Json = dict[str, Any]
needs_redis = pytest.mark.skipif(profile.PROFILE != "scale", reason="One process has its log in itself.")


class Tab:
    """One open page's socket, at any of the portal's processes."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.last = "0"
        self.blocks: dict[int, str] = {}

    def send(self, **frame: Any) -> None:
        self.socket.send(json.dumps(frame))

    def receive(self, *types: str) -> Json:
        while (frame := json.loads(self.socket.recv(timeout=20)))["type"] not in types:
            pass
        return dict(frame)

    def ask(self, text: str, model: str = MODEL) -> Json:
        self.send(type="ask", text=text, model=model, ref=uuid4().hex)
        frame = self.receive("asked", "rejected")
        assert frame["type"] == "asked", frame
        return frame

    def follow(self, generation: str, *, until: int | None = None) -> Json | None:
        """To the end of the answer, which is returned, or to the event with this number."""
        self.send(type="attach", generation=generation, after=self.last)
        for number in range(100_000):
            if number == until:
                return None
            frame = self.receive("event")
            self.last, event = frame["id"], frame["event"]
            if event["type"] == "start":
                self.blocks = {}
            elif event["type"] == "block":
                self.blocks[event["index"]] = event["html"]
            elif event["type"] == "finish":
                return dict(event)
        raise AssertionError("no end")


@pytest.fixture
def open_tab(sign_in: Callable[[Any], httpx.Client], alice: Any) -> Iterator[Callable[[str], Tab]]:
    browser = sign_in(alice)
    with ExitStack() as opened:

        def make(url: str) -> Tab:
            cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
            opening = connect(
                url.replace("http", "ws") + "/ws/chat",
                additional_headers={"Cookie": cookies},
                origin=Origin(url),
                close_timeout=1,
            )
            return Tab(opened.enter_context(opening))

        yield make


def followed_at_last(open_one: Callable[[], Tab], generation: str) -> tuple[Tab, Json | None]:
    """As a page does: opens another socket when one is closed."""
    for _ in range(10):
        with suppress(ConnectionClosed, InvalidHandshake):
            tab = open_one()
            return tab, tab.follow(generation)
        time.sleep(0.5)
    raise AssertionError("no socket stays open")


def test_a_killed_process_leaves_no_answer_open_f01(
    open_tab: Callable[[str], Tab], portal: PortalProcess, alice: Any, dear: str
) -> None:
    """Fifty answers in flight: their rows close as interrupted, what was said so far is kept and paid for."""
    from chat.models import Message
    from chat.tasks import close_interrupted_answers
    from usage import ledger
    from usage.models import ServingProcess

    with serve(profile.MAIN) as doomed:
        asking = open_tab(doomed.url)
        asked = [asking.ask("Count to 2000", dear) for _ in range(50)]
        deadline = time.monotonic() + 30
        mine = Message.objects.filter(session__user=alice, role="assistant")
        while mine.exclude(text="").count() < 50 and time.monotonic() < deadline:
            time.sleep(0.1)
        before = set(ServingProcess.objects.values_list("pk", flat=True))
        doomed.process.kill()
        doomed.process.wait()
    long_ago = timezone.now() - timedelta(minutes=5)
    rows = UsageRecord.objects.filter(user=alice)
    processes = set(rows.values_list("process", flat=True))
    assert len(processes) == 1
    assert processes <= before
    rewrite(rows, started_at=long_ago)
    ServingProcess.objects.filter(pk__in=processes).update(seen_at=long_ago)
    mine.update(updated_at=long_ago)
    assert ledger.close_interrupted() >= 50
    close_interrupted_answers()
    assert list(rows.values_list("status", flat=True)) == ["interrupted"] * 50
    assert list(mine.values_list("status", flat=True)) == ["interrupted"] * 50
    for answer in mine.select_related("usage"):
        row = answer.usage
        assert row.output_tokens >= len(answer.text) // 4 > 0
        assert row.cost == Decimal(row.output_tokens) / 1000
        assert (row.input_tokens > 0, row.tokens_source) == (True, "estimated")
    assert ledger.close_interrupted() == 0
    assert not mine.filter(text="").exists()
    tab = open_tab(portal.url)
    end = tab.follow(asked[0]["generation"])
    assert end is not None
    assert end["status"] == "interrupted"
    assert tab.blocks[0].startswith("<p")
    assert " 5 6 7 " in tab.blocks[0]
    assert tab.ask("Repeat after me: on")["session"]["id"]


def is_settled_once(user: Any, answer: Any) -> bool:
    """With what was said until it was stopped, as its message has it."""
    (row,) = UsageRecord.objects.filter(user=user, format="browser")
    answer.refresh_from_db()
    assert (answer.status, answer.usage_id) == ("stopped", row.pk)
    assert 0 < row.output_tokens == answer.output_tokens < 3000
    return bool(row.status == "cancelled")


@pytest.mark.parametrize(
    "elsewhere", [False, pytest.param(True, marks=needs_redis)], ids=["other tab", "other process"]
)
def test_whoever_stops_an_answer_settles_it_once(
    open_tab: Callable[[str], Tab], portal: PortalProcess, alice: Any, elsewhere: bool
) -> None:
    """Both tabs at the same moment, and once more when it is over."""
    from chat.models import Message

    with serve(profile.MAIN) if elsewhere else nullcontext(portal) as other:
        asking, stopping = open_tab(portal.url), open_tab(other.url)
        generation = asking.ask("Count to 3000")["generation"]
        stopping.follow(generation, until=5)
        for tab in (stopping, asking):
            tab.send(type="stop", generation=generation)
        end = asking.follow(generation)
        assert end is not None
        assert end["status"] == "stopped"
        stopping.send(type="stop", generation=generation)
        assert is_settled_once(alice, Message.objects.get(session__user=alice, role="assistant"))


@pytest.fixture
def slow_to_count(server: ScriptedServer, make_model: Callable[..., Any]) -> tuple[str, threading.Event]:
    """A model that talks for ten seconds, and when its tokenizer has begun: that takes its time, twice."""
    begun = threading.Event()

    def count(body: Json) -> Json:
        begun.set()
        time.sleep(0.7)
        return {"count": 77}

    pieces = says.openai_stream(*[says.openai_chunk(content="word ")] * 200)
    name = str(make_model().name)
    server.scripts[f"theirs-{name}"] = Script(pieces=pieces, pause=0.05, counts=count)
    return name, begun


def test_a_portal_that_goes_while_it_counts_a_stopped_answer(
    open_tab: Callable[[str], Tab], slow_to_count: tuple[str, threading.Event], alice: Any
) -> None:
    """The answer says what the ledger says all the same."""
    from chat.models import Message

    model, begun = slow_to_count
    with serve(profile.MAIN) as going:
        tab = open_tab(going.url)
        generation = tab.ask("Talk", model)["generation"]
        tab.follow(generation, until=4)
        tab.send(type="stop", generation=generation)
        assert begun.wait(5)
        going.process.send_signal(signal.SIGINT)
        going.process.wait(15)
    assert is_settled_once(alice, Message.objects.get(session__user=alice, role="assistant"))
    row = UsageRecord.objects.get(user=alice, format="browser")
    assert (row.tokens_source, row.output_tokens) == ("counted", 77)


def test_a_portal_that_goes_while_it_counts_for_a_caller_who_left(
    slow_to_count: tuple[str, threading.Event], alice: Any, secret: str
) -> None:
    """So late that its patience with callers ends first."""
    model, _ = slow_to_count
    asked = {"model": model, "messages": [{"role": "user", "content": "Talk"}], "stream": True}
    headers = {"x-api-key": secret}
    with serve(profile.MAIN) as going:
        with httpx.stream("POST", f"{going.api}/chat/completions", json=asked, headers=headers) as response:
            lines = response.iter_lines()
            while "word" not in next(lines):
                pass
            going.process.send_signal(signal.SIGINT)
            time.sleep(GRACE - 0.8)
        going.process.wait(15)
    row = UsageRecord.objects.get(user=alice)
    assert (row.status, row.tokens_source, row.output_tokens) == ("cancelled", "counted", 77)


def test_an_answer_whose_process_was_taken_for_dead_ends_as_it_did(alice: Any) -> None:
    """Its database was away for a minute, or its machine stood still."""
    from chat.conversations import answers
    from chat.conversations.turns import Question, ask
    from chat.models import Message
    from chat.models.conversation import MessageStatus

    answer = ask(user=alice, question=Question("Hi", MODEL)).answer
    Message.objects.filter(pk=answer.pk).update(updated_at=timezone.now() - timedelta(minutes=5))
    assert answers.close_interrupted() >= 1
    answer.refresh_from_db()
    assert (answer.status, answer.error != "") == ("interrupted", True)
    answers.finish(answer, status=MessageStatus.COMPLETE, end=answers.End("Hello!", output_tokens=2))
    answer.refresh_from_db()
    assert (answer.status, answer.text, answer.error, answer.output_tokens) == ("complete", "Hello!", "", 2)


@needs_redis
def test_an_answer_outlives_the_process_of_its_reader(
    open_tab: Callable[[str], Tab], portal: PortalProcess
) -> None:
    generation = open_tab(portal.url).ask("Count to 600")["generation"]
    with serve(profile.MAIN) as other:
        tab = open_tab(other.url)
        tab.follow(generation, until=8)
        other.process.kill()
        with pytest.raises(ConnectionClosed):
            tab.follow(generation)
    blocks, last = tab.blocks, tab.last
    with serve(profile.MAIN) as again:
        tab = open_tab(again.url)
        tab.blocks, tab.last = blocks, last
        end = tab.follow(generation)
    assert end is not None
    assert end["status"] == "complete"
    assert "598 599 600" in tab.blocks[0]
    assert tab.blocks[0].count(" 300 ") == 1


@needs_redis
def test_an_answer_outlives_its_redis_f02(open_tab: Callable[[str], Tab], alice: Any) -> None:
    """It goes on while Redis is away, and is told again from the beginning when it comes back empty."""
    from chat.models import Message

    port = free_port()
    with redis_server(port) as first, serve(profile.MAIN, REDIS_URL=f"redis://127.0.0.1:{port}/0") as portal:
        tab = open_tab(portal.url)
        generation = tab.ask("Count to 900")["generation"]
        tab.follow(generation, until=5)
        first.kill()
        first.wait()
        time.sleep(2)
        with redis_server(port):
            tab, end = followed_at_last(lambda: open_tab(portal.url), generation)
        assert end is not None
        assert end["status"] == "complete"
        assert "899 900" in tab.blocks[0]
        answer = Message.objects.get(session__user=alice, role="assistant")
        assert answer.status == "complete"
        assert answer.text.endswith("899 900")
        assert answer.usage.status == "complete"


def test_a_tab_that_stops_reading_holds_up_nobody_f08(
    open_tab: Callable[[str], Tab], portal: PortalProcess
) -> None:
    slow, quick = open_tab(portal.url), open_tab(portal.url)
    generation = quick.ask("Count to 1500")["generation"]
    slow.send(type="attach", generation=generation, after="0")
    end = quick.follow(generation)
    assert end is not None
    assert end["status"] == "complete"


def test_a_tab_that_reads_nothing_is_followed_by_few_answers_f08() -> None:
    """Each may wait with a long answer in hand, so the one followed longest is let go."""
    from chat.generation.feed import MOST_FOLLOWED, Feed

    waiting: list[str] = []
    begun: asyncio.Queue[str] = asyncio.Queue()

    async def never_read(frame: Json) -> None:
        waiting.append(frame["generation"])
        begun.put_nowait(frame["generation"])
        try:
            await asyncio.Event().wait()
        finally:
            waiting.remove(frame["generation"])

    async def follow_many() -> None:
        feed = Feed(never_read)
        names = [f"tmp_{number}" for number in range(MOST_FOLLOWED + 2)]
        for name in names:
            feed.follow(name, "0", None)
            assert await asyncio.wait_for(begun.get(), 20) == name
        assert waiting == names[2:]
        feed.close()

    run(follow_many())


@pytest.mark.parametrize("frame", ["x" * 4_000_001, b"\x00\x01"])
def test_too_large_or_binary_frames_close_the_socket_w07(
    open_tab: Callable[[str], Tab], portal: PortalProcess, frame: Any
) -> None:
    tab = open_tab(portal.url)
    tab.socket.send(frame)
    with pytest.raises(ConnectionClosed) as closed:
        tab.receive("never")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def test_too_many_frames_close_the_socket_w07(open_tab: Callable[[str], Tab], portal: PortalProcess) -> None:
    tab = open_tab(portal.url)
    for _ in range(70):
        tab.send(type="nonsense")
    with pytest.raises(ConnectionClosed) as closed:
        tab.receive("never")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4429
