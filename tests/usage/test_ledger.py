"""Exactly one record for each admitted request."""

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from tests import asynchronous
from tests.portal_process import PortalProcess
from tests.prices import set_prices
from usage import heartbeat, ledger
from usage.models import ServingProcess, Status, TokensSource, UsageRecord
from usage.prices import Prices

MODEL = "Waymore-A1-Instruct-1011"


def ask(text: str, **fields: Any) -> dict[str, Any]:
    return {"model": MODEL, "messages": [{"role": "user", "content": text}], **fields}


@pytest.mark.parametrize("stream", [True, False])
def test_it_works(api: httpx.Client, alice: Any, stream: bool) -> None:
    response = api.post("/chat/completions", json=ask("Count to 20", stream=stream))
    row = UsageRecord.objects.get(user=alice)
    assert row.public_id == response.headers["x-request-id"]
    assert (row.status, row.format, row.is_stream) == (Status.COMPLETE, "openai", stream)
    assert (row.output_tokens, row.tokens_source) == (20, TokensSource.UPSTREAM)
    assert row.key.user == alice
    assert row.address == "127.0.0.1"
    assert row.first_token_ms <= row.duration_ms


def test_a_thousand_requests_leave_a_thousand_rows(portal: PortalProcess, alice: Any, secret: str) -> None:
    """Scaled to two cores: 8 callers, 25 requests each, and the totals agree to the token."""

    def call() -> None:
        with httpx.Client(base_url=portal.api, headers={"x-api-key": secret}, timeout=60) as client:
            for _ in range(25):
                assert client.post("/chat/completions", json=ask("Count to 3")).status_code == 200

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = UsageRecord.objects.filter(user=alice, status=Status.COMPLETE)
    assert rows.count() == 200
    assert sum(row.output_tokens for row in rows) == 600


def test_a_caller_who_leaves_is_settled_with_what_came(
    api: httpx.Client, alice: Any, eventually: Callable[..., Any]
) -> None:
    with api.stream("POST", "/chat/completions", json=ask("Count to 1000", stream=True)) as response:
        for _, _ in zip(range(20), response.iter_lines(), strict=False):
            pass
    row = eventually(lambda: UsageRecord.objects.filter(user=alice).exclude(status=Status.OPEN).first())
    assert (row.status, row.is_disconnected) == (Status.CANCELLED, True)
    assert row.tokens_source == TokensSource.COUNTED
    assert 0 < row.output_tokens < 1000


def test_cost_is_tokens_times_price(api: httpx.Client, alice: Any) -> None:
    from chat.models import Deployment, PublicModel, Upstream

    model = PublicModel.objects.create(name=f"priced-{uuid4()}")
    set_prices(model, input=Decimal("3"), output=Decimal("15"))
    Deployment.objects.create(
        model=model, upstream=Upstream.objects.get(name="builtin"), upstream_model="builtin"
    )
    api.post("/chat/completions", json=ask("Count to 7") | {"model": model.name})
    row = UsageRecord.objects.get(user=alice)
    assert row.cost == (row.input_tokens * Decimal(3) + 7 * Decimal(15)) / 1_000_000
    model.delete()


def open_row(user: Any, process: Any, **fields: Any) -> UsageRecord:
    return UsageRecord.objects.create(user=user, model=MODEL, format="openai", process=process, **fields)


def test_rows_of_a_dead_process_are_closed(alice: Any) -> None:
    long_ago = timezone.now() - timedelta(minutes=5)
    dead, alive = uuid4(), uuid4()
    ServingProcess.objects.create(pk=dead, seen_at=long_ago)
    ServingProcess.objects.create(pk=alive)
    lost = open_row(alice, dead, started_at=long_ago)
    orphan = open_row(alice, uuid4(), started_at=long_ago)
    running = open_row(alice, alive, started_at=long_ago)
    done = open_row(alice, dead, started_at=long_ago, status=Status.COMPLETE)
    assert ledger.close_interrupted() >= 2
    statuses = [UsageRecord.objects.get(pk=row.pk).status for row in (lost, orphan, running, done)]
    assert statuses == [Status.INTERRUPTED, Status.INTERRUPTED, Status.OPEN, Status.COMPLETE]
    assert ledger.close_interrupted() == 0


def settle_late(row: UsageRecord) -> UsageRecord:
    prices = Prices(output=Decimal(1_000_000))
    admission = ledger.Admission(row.pk, row.user_id, None, MODEL, "openai", False, None, prices)
    late = ledger.Settlement(
        admission, "d", Status.COMPLETE, "", 1, 1, 0, 0, 0, TokensSource.UPSTREAM, 1, 1, False
    )
    ledger._write([late])
    return UsageRecord.objects.get(pk=row.pk)


@pytest.mark.parametrize("status", [Status.COMPLETE, Status.FAILED, Status.CANCELLED])
def test_a_final_row_stays_as_it_is(alice: Any, status: Status) -> None:
    row = settle_late(open_row(alice, uuid4(), status=status))
    assert (row.status, row.output_tokens, row.cost) == (status, 0, 0)


def test_a_process_that_was_taken_for_dead_has_the_last_word(alice: Any) -> None:
    """Its database was away for a minute, or its machine stood still."""
    row = open_row(alice, uuid4(), started_at=timezone.now() - timedelta(minutes=5))
    assert ledger.close_interrupted() >= 1
    row = settle_late(row)
    assert (row.status, row.error_type, row.output_tokens, row.cost) == (Status.COMPLETE, "", 1, 1)
    assert settle_late(row).cost == 1


def test_the_serving_process_has_a_heartbeat(api: httpx.Client) -> None:
    api.post("/chat/completions", json=ask("Count to 1"))
    recent = timezone.now() - timedelta(seconds=30)
    assert ServingProcess.objects.filter(seen_at__gte=recent).exists()


def test_a_heartbeat_that_fails_comes_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not at its next turn: who is silent for long is taken for dead."""
    beats = iter([OperationalError("away"), OperationalError("away"), None, SystemExit()])
    slept: list[float] = []

    def beat(_: Any) -> None:
        if error := next(beats):
            raise error

    clock = SimpleNamespace(monotonic=lambda: sum(slept), sleep=slept.append)
    monkeypatch.setattr(heartbeat, "_beat", beat)
    monkeypatch.setattr(heartbeat, "time", clock)
    monkeypatch.setattr(heartbeat, "progress", SimpleNamespace(notes=dict))
    with pytest.raises(SystemExit):
        heartbeat._beat_for_ever()
    assert sum(slept) == 2 * heartbeat.BUSY_SECONDS + heartbeat.BEAT_SECONDS


def cut_connections() -> None:
    """Of everybody to this database, as when it is restarted; SQLite has none to cut."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.mark.parametrize("stream", [False, True])
def test_a_database_that_cuts_its_connections_loses_no_row_f03(
    api: httpx.Client, alice: Any, stream: bool
) -> None:
    """Cut just before the call, and in its middle."""
    for number in range(1, 4):
        api.post("/chat/completions", json=ask("Count to 1"))
        cut_connections()
        asked = ask("Count to 50", stream=stream)
        with api.stream("POST", "/chat/completions", json=asked) as response:
            assert response.status_code == 200, response.read()
            cut_connections()
            response.read()
        assert UsageRecord.objects.filter(user=alice, status=Status.COMPLETE).count() == 2 * number
    assert UsageRecord.objects.filter(user=alice).count() == 6


def test_a_settlement_waits_for_the_database_f03(alice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Away for longer than one try: the row is closed when it is back, once."""
    row = open_row(alice, uuid4())
    admission = ledger.Admission(row.pk, alice.pk, None, MODEL, "openai", False, None, Prices())
    done = ledger.Settlement(
        admission, "d", Status.COMPLETE, "", 1, 1, 0, 0, 0, TokensSource.UPSTREAM, 1, 1, False
    )
    away = iter([True] * 5)
    write = ledger._write

    def come_back(items: Any) -> Any:
        if next(away, False):
            raise OperationalError("the database system is starting up")
        return write(items)

    monkeypatch.setattr(ledger._writer, "_work", come_back)
    asynchronous.run(ledger.settle(done))
    row.refresh_from_db()
    assert (row.status, row.output_tokens) == (Status.COMPLETE, 1)
