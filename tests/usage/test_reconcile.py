"""`manage.py reconcile_usage` finds every kind of damage, and nothing where there is none."""

import io
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from tests.ledger_rows import remove, rewrite
from tests.usage.requests import living_process, some_request
from usage.models import ClosedBucket, Grain, LedgerFloor, Reconciliation, Rollup, Status, UsageRecord
from usage.months import id_of
from usage.reconciliation.checks import coarse_and_fine
from usage.reconciliation.extent import in_turn
from usage.reconciliation.run import reconcile
from usage.rollups.closing import roll_up


def forget() -> None:
    from chat.models import Message

    Message.objects.all().delete()
    for model in (Rollup, ClosedBucket, LedgerFloor):
        model.objects.all().delete()
    remove(UsageRecord.objects.all())


@pytest.fixture(autouse=True)
def requests(alice: Any, make_keys: Any) -> Iterator[list[UsageRecord]]:
    """Of sixty days, all rolled up. Others' are of no interest here."""

    forget()
    chance, keys = random.Random(1), make_keys(alice)
    begin = timezone.now() - timedelta(days=60)
    rows = [some_request(chance, alice, keys, begin + timedelta(days=n % 58, minutes=n)) for n in range(90)]
    for row in rows:
        if row.status == Status.OPEN:
            row.status = Status.INTERRUPTED
    UsageRecord.objects.bulk_create(rows)
    roll_up()
    yield rows
    forget()


def findings() -> str:
    out = io.StringIO()
    try:
        call_command("reconcile_usage", stdout=out)
    except CommandError:
        return out.getvalue()
    assert out.getvalue() == ""
    return ""


def test_it_works() -> None:
    assert findings() == ""
    last = Reconciliation.objects.first()
    assert last is not None
    assert (last.findings, len(last.checks)) == ([], 6)
    assert last.days >= 61


def of_hours() -> Any:
    return Rollup.objects.filter(grain=Grain.HOUR, user_id__isnull=False)


def some_closed_hour() -> Any:
    return ClosedBucket.objects.filter(grain=Grain.HOUR, requests__gt=0).first()


DAMAGE: dict[str, Callable[[Any, list[UsageRecord]], Any]] = {
    "a roll-up's cost": lambda _, rows: of_hours().filter(pk=of_hours()[0].pk).update(cost=F("cost") + 1),
    "a roll-up's times": lambda _, rows: (
        of_hours().filter(pk=of_hours().exclude(latency="")[0].pk).update(latency="1,1")
    ),
    "a roll-up is gone": lambda _, rows: of_hours()[0].delete(),
    "a roll-up without requests": lambda user, rows: remove(UsageRecord.objects.filter(pk=rows[0].pk)),
    "a settled row was changed": lambda _, rows: rewrite(
        UsageRecord.objects.filter(pk=rows[5].pk), input_tokens=F("input_tokens") + 1
    ),
    "a closed hour with an open request": lambda _, rows: rewrite(
        UsageRecord.objects.filter(pk=rows[7].pk), status=Status.OPEN
    ),
    "the whole portal": lambda _, rows: Rollup.objects.filter(user_id=None, grain=Grain.HOUR)[0].delete(),
    "a day": lambda _, rows: Rollup.objects.filter(grain=Grain.DAY)[0].delete(),
    "a month": lambda _, rows: Rollup.objects.filter(grain=Grain.MONTH).update(requests=F("requests") + 1),
    "a mark": lambda _, rows: ClosedBucket.objects.filter(pk=some_closed_hour().pk).update(requests=7),
    "an hour that is not closed": lambda _, rows: some_closed_hour().delete(),
    "a request with another time's id": lambda user, rows: UsageRecord.objects.create(
        id=id_of(timezone.now() - timedelta(days=100)), user=user, model="m", format="openai"
    ),
    "a request that never ends": lambda user, rows: UsageRecord.objects.create(
        user=user,
        model="m",
        format="openai",
        started_at=timezone.now() - timedelta(days=1),
        process=living_process(),
    ),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_it_finds(kind: str, alice: Any, requests: list[UsageRecord]) -> None:
    DAMAGE[kind](alice, requests)
    if kind == "an hour that is not closed":
        # As if the days and months above it had never been closed either.
        ClosedBucket.objects.exclude(grain=Grain.HOUR).delete()
    assert findings().startswith("not so: ")
    last = Reconciliation.objects.first()
    assert last is not None
    assert last.findings


def test_it_finds_an_answer_with_other_tokens(alice: Any, requests: list[UsageRecord]) -> None:
    from chat.models import Message, Session

    row = next(row for row in requests if row.status == Status.COMPLETE)
    answer = Message.objects.create(
        session=Session.objects.create(user=alice), role="assistant", text="Hi", usage=row,
        input_tokens=row.input_tokens, output_tokens=row.output_tokens,
    )  # fmt: skip
    assert findings() == ""
    Message.objects.filter(pk=answer.pk).update(output_tokens=F("output_tokens") + 1)
    assert answer.public_id in findings()


def test_what_policy_dropped_is_not_missed(requests: list[UsageRecord]) -> None:
    from usage.rollups.dropping import raise_floor

    floor = (timezone.now() - timedelta(days=20)).replace(minute=0, second=0, microsecond=0)
    raise_floor(floor)
    remove(UsageRecord.objects.filter(started_at__lt=floor))
    assert findings() == ""


def test_each_night_it_looks_at_what_is_new_and_at_an_old_month(requests: list[UsageRecord]) -> None:
    assert findings() == ""
    rewrite(UsageRecord.objects.filter(pk=requests[0].pk), input_tokens=F("input_tokens") + 1)
    nights = [reconcile(in_turn(timezone.now() + timedelta(days=n))) for n in range(12)]
    found = [any("hours say" in each.check for each in night) for night in nights]
    assert any(found)
    assert not all(found)


def test_it_looks_again_at_a_day_of_which_an_hour_was_opened(alice: Any, requests: list[UsageRecord]) -> None:
    assert findings() == ""
    late = UsageRecord.objects.create(
        user=alice, model="m", format="openai", status=Status.COMPLETE, started_at=requests[0].started_at
    )
    roll_up()
    rewrite(UsageRecord.objects.filter(pk=late.pk), input_tokens=F("input_tokens") + 1)
    days = in_turn(timezone.now())
    assert any(since <= late.started_at < until for since, until in days)
    assert reconcile(days)


def test_a_day_that_is_opened_while_it_looks_is_not_wrong(alice: Any, requests: list[UsageRecord]) -> None:
    damaged, opened = (
        row.started_at.replace(hour=0, minute=0, second=0, microsecond=0)
        for row in (requests[0], requests[30])
    )
    Rollup.objects.filter(grain=Grain.DAY, start=damaged).update(cost=F("cost") + 1)
    found = coarse_and_fine([(damaged, timezone.now())])
    assert f"day {damaged:%Y-%m-%d}" in next(found)
    # Two late ones: the hour of the first is closed again, and the other keeps the day open.
    for hour, status in ((3, Status.COMPLETE), (9, Status.OPEN)):
        UsageRecord.objects.create(
            user=alice, model="m", format="openai", status=status, process=living_process(),
            started_at=opened + timedelta(hours=hour),
        )  # fmt: skip
    roll_up()
    assert not [line for line in found if f"{opened:%Y-%m-%d}" in line]


def test_operators_read_it_in_the_admin(sign_in: Callable[..., httpx.Client], operator: Any) -> None:
    Reconciliation.objects.create(
        started_at=timezone.now(), finished_at=timezone.now(), checks=["all is well"], findings=["it is not"]
    )
    browser = sign_in(operator)
    listed = browser.get("/admin/usage/reconciliation/")
    assert listed.status_code == 200
    page = browser.get(f"/admin/usage/reconciliation/{Reconciliation.objects.first().pk}/change/")
    assert "it is not" in page.text
    assert browser.get("/admin/usage/reconciliation/add/").status_code == 403
