"""A killed process: the rows of its streams are closed with what is known of them (battery F01)."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
from django.utils import timezone

from tests import profile
from tests.ledger_rows import rewrite
from tests.portal_process import serve
from usage import ledger
from usage.models import ServingProcess, UsageRecord


def long_ago() -> Any:
    return timezone.now() - timedelta(minutes=5)


def listen(url: str, secret: str, model: str) -> None:
    body = {"model": model, "messages": [{"role": "user", "content": "Count to 2000"}], "stream": True}
    client = httpx.Client(headers={"x-api-key": secret}, timeout=30)
    path = f"{url}/api/chat/completions"
    with client, suppress(httpx.TransportError), client.stream("POST", path, json=body) as response:
        for _ in response.iter_lines():
            pass


def test_they_are_paid_so_far_f01(alice: Any, secret: str, dear: str, eventually: Callable[..., Any]) -> None:
    """What the process's heartbeat told last: nobody stored it elsewhere."""
    rows = UsageRecord.objects.filter(user=alice)
    with serve(profile.MAIN) as doomed:
        callers = [threading.Thread(target=listen, args=(doomed.url, secret, dear)) for _ in range(3)]
        for caller in callers:
            caller.start()
        process = eventually(lambda: rows.count() == 3 and ServingProcess.objects.filter(pk=rows[0].process))
        eventually(lambda: len(process.get().progress) == 3)
        doomed.process.kill()
        for caller in callers:
            caller.join()
    assert {(row.status, row.cost) for row in rows} == {("open", 0)}
    rewrite(rows.all(), started_at=long_ago())
    process.update(seen_at=long_ago())
    assert ledger.close_interrupted() >= 3
    for row in rows.all():
        assert (row.status, row.error_type, row.tokens_source) == ("interrupted", "interrupted", "estimated")
        assert row.deployment == "builtin/builtin"
        assert row.input_tokens > 0
        assert 0 < row.output_tokens < 2000
        assert row.cost == Decimal(row.output_tokens) / 1000
    assert ledger.close_interrupted() == 0


def test_what_the_model_server_counted_stays_so(alice: Any) -> None:
    """Its count had come, and the process died before it settled. Of the other nothing is known."""
    known = {"user": alice, "model": "m", "format": "openai", "started_at": long_ago(), "cached_price": 2}
    row, other = (UsageRecord.objects.create(process=uuid4(), **known) for _ in range(2))
    note = {"deployment": "d", "input_tokens": 9, "cached_tokens": 5, "tokens_source": "upstream"}
    ServingProcess.objects.create(pk=row.process, seen_at=long_ago(), progress={row.pk.hex: note})
    assert ledger.close_interrupted() >= 2
    row, other = (UsageRecord.objects.get(pk=each.pk) for each in (row, other))
    assert (row.input_tokens, row.cached_tokens, row.tokens_source) == (9, 5, "upstream")
    assert (row.cost, row.deployment) == (Decimal("0.00001"), "d")
    assert (other.status, other.input_tokens, other.cost) == ("interrupted", 0, 0)
