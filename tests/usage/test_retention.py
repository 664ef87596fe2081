"""Rows of the ledger go by the operator's policy, and never before they are rolled up."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.ledger_rows import rewrite
from usage import retention
from usage.models import Status, UsageRecord

NOW = datetime(2021, 6, 15, 12, tzinfo=UTC)
Make = Callable[..., UsageRecord]


@pytest.fixture
def rolled_up(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    def until(moment: datetime) -> None:
        def release(before: datetime) -> None:
            if before > moment:
                raise retention.StillNeeded("they are not rolled up.")

        monkeypatch.setattr(retention, "_releases", [release])

    return until


@pytest.fixture
def make_row(alice: Any) -> Make:
    def make(*date: int, status: Status = Status.COMPLETE) -> UsageRecord:
        at = datetime(*date, tzinfo=UTC)  # type: ignore[misc, arg-type]
        return UsageRecord.objects.create(
            user=alice, model="m", format="openai", status=status, started_at=at, cost=1
        )

    return make


def left(person: Any) -> list[UsageRecord]:
    return list(UsageRecord.objects.filter(user=person).order_by("started_at"))


def test_it_works(alice: Any, make_row: Make, rolled_up: Any, settings: Any) -> None:
    """Two whole months beside the running one."""
    settings.KEEP_LEDGER_MONTHS = 2
    rolled_up(NOW)
    make_row(2021, 3, 31, 23, 59)
    kept = [make_row(2021, 4, 1), make_row(2021, 6, 1)]
    assert retention.drop_old_rows(NOW) >= 1
    assert left(alice) == kept
    assert retention.drop_old_rows(NOW) == 0


def test_what_is_not_rolled_up_stays(alice: Any, make_row: Make, rolled_up: Any, settings: Any) -> None:
    settings.KEEP_LEDGER_MONTHS = 1
    row = make_row(2021, 1, 31)
    rolled_up(datetime(2021, 4, 20, tzinfo=UTC))
    assert retention.drop_old_rows(NOW) == 0
    with pytest.raises(retention.StillNeeded):
        retention.drop_rows_before(datetime(2021, 5, 1, tzinfo=UTC))
    assert left(alice) == [row]
    assert retention.drop_rows_before(datetime(2021, 4, 1, tzinfo=UTC)) >= 1


def test_without_a_setting_all_stay(make_row: Make, rolled_up: Any, settings: Any) -> None:
    settings.KEEP_LEDGER_MONTHS = 0
    rolled_up(NOW)
    make_row(2020, 1, 1)
    assert retention.drop_old_rows(NOW) == 0


def test_what_nobody_sums_up_stays(
    alice: Any, make_row: Make, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_releases", [])
    settings.KEEP_LEDGER_MONTHS = 1
    row = make_row(2021, 1, 31)
    assert retention.drop_old_rows(NOW) == 0
    assert left(alice) == [row]


def test_a_chat_stays_without_its_record(alice: Any, make_row: Make, rolled_up: Any) -> None:
    from chat.models import Message, Session

    rolled_up(NOW)
    row, kept = make_row(2021, 1, 1), make_row(2021, 5, 1)
    session = Session.objects.create(user=alice, title="t", model="m")
    said = [
        Message.objects.create(session=session, role="assistant", text="Hello", usage=each)
        for each in (row, kept)
    ]
    assert retention.drop_rows_before(datetime(2021, 5, 1, tzinfo=UTC)) >= 1
    for message in said:
        message.refresh_from_db()
    assert [message.usage for message in said] == [None, kept]


def test_a_row_that_is_open_stays(alice: Any, make_row: Make, rolled_up: Any) -> None:
    rolled_up(NOW)
    row = make_row(2021, 1, 1, status=Status.OPEN)
    retention.drop_rows_before(NOW)
    assert left(alice) == [row]
    rewrite(UsageRecord.objects.filter(pk=row.pk), status=Status.COMPLETE)
    assert retention.drop_rows_before(NOW) >= 1
