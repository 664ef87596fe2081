"""Mail to a key's owner before it expires, and when a quota is nearly or wholly used: each once."""

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apikeys.models import ApiKey, KeyNotice
from apikeys.notices import send_due
from apikeys.services import create_key, revoke_key
from tests.mail_sink import Sink
from usage.models import Status, UsageRecord

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)


def make(user: Any, **fields: Any) -> ApiKey:
    """Made a month ago, used just now."""
    key, _ = create_key(user=user, name="Production Server", permissions=["chat"])
    for name, value in {"created_at": NOON - timedelta(days=30), "last_used_at": NOON, **fields}.items():
        setattr(key, name, value)
    key.save()
    return key


def use(key: ApiKey, tokens: int = 0, cost: str = "0", at: datetime = NOON) -> None:
    known = {"user": key.user, "key": key, "model": "m", "format": "openai", "status": Status.COMPLETE}
    UsageRecord.objects.create(**known, output_tokens=tokens, cost=Decimal(cost), started_at=at)


def test_it_tells_of_an_expiry_a_week_and_a_day_before(sink: Sink, alice: Any) -> None:
    make(alice, expires_at=NOON + timedelta(days=8))
    send_due(NOON)
    assert sink.to(alice) == []
    for _ in range(2):
        send_due(NOON + timedelta(days=1))
    assert sink.to(alice) == ["Your API key “Production Server” expires within 7 days"]
    for _ in range(2):
        send_due(NOON + timedelta(days=7))
    assert sink.to(alice)[1:] == ["Your API key “Production Server” expires within a day"]
    send_due(NOON + timedelta(days=9))
    assert len(sink.to(alice)) == 2
    assert "expires on 2026-05-28 12:00 UTC" in sink.text_to(alice)
    assert "/keys" in sink.text_to(alice)


def test_it_is_written_in_the_owners_language(sink: Sink, alice: Any) -> None:
    from accounts.profile.services import update_profile

    update_profile(user=alice, changes={"language": "de"})
    key = make(alice, daily_limit=10_000, expires_at=NOON + timedelta(days=7))
    use(key, tokens=8_500)
    send_due(NOON)
    assert sink.to(alice) == [
        "Ihr API-Schlüssel „Production Server“ läuft innerhalb von 7 Tagen ab",
        "Ihr API-Schlüssel „Production Server“ hat 80 % einer Grenze verbraucht",
    ]
    assert "8.500 von 10.000 Tokens pro Tag" in sink.text_to(alice)


def test_a_new_expiry_is_told_of_anew(sink: Sink, alice: Any) -> None:
    key = make(alice, expires_at=NOON + timedelta(days=7))
    send_due(NOON)
    key.expires_at = NOON + timedelta(days=37)
    key.save()
    send_due(NOON + timedelta(days=30))
    assert len(sink.to(alice)) == 2


def test_a_key_made_for_a_week_is_not_told_of_at_once(sink: Sink, alice: Any) -> None:
    make(alice, created_at=NOON, expires_at=NOON + timedelta(days=7))
    send_due(NOON)
    assert sink.to(alice) == []
    send_due(NOON + timedelta(days=6))
    assert len(sink.to(alice)) == 1


@pytest.mark.parametrize("quota", ["daily_limit", "monthly_limit", "monthly_cost_limit"])
def test_it_tells_of_a_quota_at_eighty_and_a_hundred_percent(sink: Sink, alice: Any, quota: str) -> None:
    key = make(alice, **{quota: 1000})
    use(key, 799, "799")
    send_due(NOON)
    assert sink.to(alice) == []
    use(key, 1, "1")
    for _ in range(2):
        send_due(NOON)
    assert sink.to(alice) == ["Your API key “Production Server” has used 80 % of a limit"]
    use(key, 500, "500")
    for _ in range(2):
        send_due(NOON)
    assert sink.to(alice)[1:] == ["Your API key “Production Server” has used up a limit"]
    assert "has used 1,300 of 1,000 " in sink.text_to(alice)


def test_the_next_period_is_told_of_anew(sink: Sink, alice: Any) -> None:
    key = make(alice, daily_limit=100, monthly_limit=10_000)
    use(key, 100)
    send_due(NOON)
    tomorrow = NOON + timedelta(days=1)
    send_due(tomorrow)
    assert len(sink.to(alice)) == 1
    use(key, 100, at=tomorrow)
    send_due(tomorrow)
    assert len(sink.to(alice)) == 2


@pytest.mark.parametrize("state", ["revoked", "disabled", "owner gone"])
def test_nobody_is_told_of_a_dead_key(sink: Sink, alice: Any, state: str) -> None:
    key = make(alice, expires_at=NOON + timedelta(hours=5), daily_limit=1, is_enabled=state != "disabled")
    use(key, 5)
    if state == "revoked":
        revoke_key(key=key)
    if state == "owner gone":
        alice.is_active = False
        alice.save()
    send_due(NOON)
    assert sink.to(alice) == []


def test_two_that_send_at_a_time_send_one(sink: Sink, alice: Any) -> None:
    from django.db import connection

    make(alice, expires_at=NOON + timedelta(days=5))

    def send() -> None:
        send_due(NOON)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sink.to(alice)) == 1


def test_a_mail_that_fails_is_sent_later(sink: Sink, alice: Any) -> None:
    key = make(alice, expires_at=NOON + timedelta(days=5))
    sink.is_full = True
    send_due(NOON)
    assert not KeyNotice.objects.filter(key=key).exists()
    sink.is_full = False
    send_due(NOON)
    assert len(sink.to(alice)) == 1


def test_it_runs_periodically() -> None:
    from portal import celery_app

    tasks = {entry["task"] for entry in celery_app.conf.beat_schedule.values()}
    assert "apikeys.tasks.send_notices" in tasks
    celery_app.loader.import_default_modules()
    celery_app.tasks["apikeys.tasks.send_notices"].apply(throw=True)
