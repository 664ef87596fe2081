"""A caller who leaves in the doorway: whatever has been opened for them is closed again."""

import asyncio
import json
import threading
from collections.abc import Coroutine
from typing import Any

import pytest
from django.db import OperationalError

from tests import asynchronous
from tests.usage.test_ledger import MODEL
from usage import heartbeat
from usage.models import Status, UsageRecord


@pytest.fixture(autouse=True)
def _heartless(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own process serves nobody."""
    monkeypatch.setattr(heartbeat, "_thread", threading.current_thread())


async def entrance(user: Any) -> Coroutine[Any, Any, Any]:
    """The admission of a call, to be awaited."""
    from chat.catalogue.lookup import find_model
    from chat.completions import admission
    from chat.completions.context import Call, Caller
    from chat.completions.metering import Meter
    from chat.gateway.request import Request

    model, _route = await find_model(MODEL, user.pk)
    call = Call("/api/chat/completions", {}, [], None)
    return admission.admit(call, Caller(user.pk), Request(MODEL), model, "openai", Meter(call))


def test_a_row_that_was_just_being_opened_is_settled(alice: Any) -> None:
    async def leave() -> None:
        task = asyncio.create_task(await entrance(alice))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()

    asynchronous.run_with_database(leave())
    row = UsageRecord.objects.get(user=alice)
    assert (row.status, row.is_disconnected, row.output_tokens) == (Status.CANCELLED, True, 0)


def test_an_answer_that_cannot_be_tied_to_its_row_leaves_none_open_f03(
    alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database cut the connection between the two."""
    from chat.completions.context import Caller
    from chat.conversations.turns import Question, ask
    from chat.generation import run
    from chat.generation.records import StoredRecord
    from chat.models import Message
    from portal import redis

    def cut(*_: Any) -> None:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(StoredRecord, "link_usage", cut)
    answer = ask(user=alice, question=Question("Hi", MODEL)).answer

    async def write() -> None:
        try:
            await run.start(StoredRecord(answer), Caller(alice.pk), None)
            await asyncio.wait(run._running)
        finally:
            await redis.close()

    asynchronous.run_with_database(write())
    assert UsageRecord.objects.get(user=alice).status == Status.FAILED
    assert Message.objects.get(pk=answer.pk).status == "failed"


def test_a_database_that_goes_away_before_the_call_is_told_at_once(
    alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chat.completions import settlement
    from usage import statements

    def away(*_: Any) -> int:
        raise OperationalError("the server is gone")

    async def enter() -> None:
        entering = await entrance(alice)
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(statements, "insert", away)
            meanwhile.setattr(statements, "settle", away)
            async with asyncio.timeout(1):
                with pytest.raises(OperationalError):
                    await entering
        assert settlement._running, "whether the row was written will be seen"
        await settlement.finish_all(5)

    asynchronous.run_with_database(enter())
    assert not UsageRecord.objects.filter(user=alice).exists()


@pytest.mark.parametrize("is_kept", [False, True])
def test_an_answer_nobody_comes_to_read_is_settled(
    alice: Any, monkeypatch: pytest.MonkeyPatch, is_kept: bool
) -> None:
    """Its caller has left between the first piece and the first look at it."""
    from chat.completions import answering
    from chat.completions.application import serve
    from chat.completions.context import Call, Caller
    from tests.usage.test_ledger import ask

    monkeypatch.setattr(answering, "UNREAD", 0.1 if is_kept else 60)
    body = json.dumps(ask("Count to 1000", stream=True)).encode()

    async def forget() -> None:
        replies = [await serve(Call("/api/chat/completions", {}, [], None, Caller(alice.pk)), body)]
        assert replies[0].status == 200
        if not is_kept:
            replies.clear()
        await asyncio.sleep(0.2)
        await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()}, timeout=5)

    asynchronous.run_with_database(forget())
    row = UsageRecord.objects.get(user=alice)
    assert (row.status, row.is_disconnected) == (Status.CANCELLED, True)


def test_a_claim_that_was_just_being_made_is_released_h09(alice: Any) -> None:
    from chat.completions import idempotency
    from chat.completions.context import Call, Caller
    from chat.models import StoredAnswer

    async def leave() -> None:
        call = Call("/api/chat/completions", {"idempotency-key": str(alice.pk)}, [], None)
        task = asyncio.create_task(idempotency.once(call, Caller(alice.pk), b"{}", _never))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()

    before = StoredAnswer.objects.count()
    asynchronous.run_with_database(leave())
    assert StoredAnswer.objects.count() == before


async def _never() -> Any:
    raise AssertionError("nobody is there to be answered")
