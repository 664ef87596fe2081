"""A caller who leaves in the doorway: whatever has been opened for them is closed again."""

import asyncio
import threading
from typing import Any

import pytest

from tests import asynchronous
from tests.usage.test_ledger import MODEL
from usage import heartbeat
from usage.models import Status, UsageRecord


def test_a_row_that_was_just_being_opened_is_settled(alice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from chat.completions import admission
    from chat.completions.context import Call, Caller
    from chat.completions.metering import Meter
    from chat.gateway.request import Request
    from chat.models import PublicModel

    # The test's own process serves nobody: it needs no heart.
    monkeypatch.setattr(heartbeat, "_thread", threading.current_thread())
    model = PublicModel.objects.get(name=MODEL)

    async def leave() -> None:
        call = Call("/api/chat/completions", {}, [], None)
        entering = admission.admit(call, Caller(alice.pk), Request(MODEL), model, "openai", Meter(call))
        task = asyncio.create_task(entering)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()

    asynchronous.run(leave())
    row = UsageRecord.objects.get(user=alice)
    assert (row.status, row.is_disconnected, row.output_tokens) == (Status.CANCELLED, True, 0)
