"""Callers who do not take what they asked for (battery F08)."""

import asyncio
import json
import threading
from typing import Any

import pytest
from django.conf import settings

from chat.completions import keep_alive
from chat.completions.application import CompletionsApplication
from tests import asynchronous
from tests.usage.test_ledger import ask
from usage import heartbeat
from usage.models import Status, UsageRecord


@pytest.mark.parametrize("takes", [0, 1, 5])
def test_who_takes_nothing_any_more_is_let_go_f08(
    alice: Any, secret: str, monkeypatch: pytest.MonkeyPatch, takes: int
) -> None:
    """However silent the reader, the call ends, is settled, and gives back its place at the model server."""
    monkeypatch.setattr(heartbeat, "_thread", threading.current_thread())
    monkeypatch.setattr(settings, "KEEP_ALIVE_SECONDS", 0.1)
    monkeypatch.setattr(keep_alive, "TAKEN_WITHIN", 0.3)
    headers = [(b"x-api-key", secret.encode())]
    scope = {"type": "http", "method": "POST", "path": "/api/chat/completions", "headers": headers}
    body = json.dumps(ask("Count to 1000", stream=True)).encode()
    asked = [{"type": "http.request", "body": body, "more_body": False}]
    taken: list[bytes] = []

    async def receive() -> Any:
        return asked.pop() if asked else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        if piece := message.get("body"):
            if len(taken) >= takes:
                await asyncio.Event().wait()
            taken.append(piece)

    async def call() -> None:
        async with asyncio.timeout(5):
            await CompletionsApplication(())(scope, receive, send)
        await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()}, timeout=5)

    asynchronous.run_with_database(call())
    assert len(taken) == takes
    row = UsageRecord.objects.get(user=alice)
    assert (row.status, row.is_disconnected) == (Status.CANCELLED, True)


def test_a_slow_reader_is_waited_for_f08() -> None:
    taken: list[bytes] = []
    left: list[bool] = []

    async def send(piece: bytes) -> None:
        await asyncio.sleep(0.05)
        taken.append(piece)

    async def read() -> None:
        async with keep_alive.kept_alive(send, b"ping", 0.02, lambda: left.append(True)) as send_next:
            for number in range(5):
                await send_next(b"%d" % number)

    asynchronous.run(read())
    assert [piece for piece in taken if piece != b"ping"] == [b"0", b"1", b"2", b"3", b"4"]
    assert not left
