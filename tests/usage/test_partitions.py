"""PostgreSQL keeps the ledger by months; SQLite knows nothing of it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from tests import profile
from tests.portal_process import manage
from usage import partitions, retention
from usage.models import Status, UsageRecord
from usage.months import first_id, id_of, month_start

pytestmark = pytest.mark.skipif(profile.PROFILE != "scale", reason="The embedded database has no partitions.")
TABLE = "usage_usagerecord"
Make = Callable[..., Any]


@pytest.fixture
def make_row(alice: Any) -> Make:
    """With the message that it paid for."""
    from chat.models import Message, Session

    session = Session.objects.create(user=alice, title="t", model="m")

    def make(at: datetime, **fields: Any) -> Any:
        known = {"user": alice, "model": "m", "format": "openai", "status": Status.COMPLETE, **fields}
        row = UsageRecord.objects.create(**known, started_at=at)
        return Message.objects.create(session=session, role="assistant", text="Hello", usage=row)

    return make


def table_of(row: Any) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tableoid::regclass::text FROM {TABLE} WHERE id = %s", [row.pk])
        return str(cursor.fetchone()[0])


def names() -> set[str]:
    return {partition.name for partition in partitions.partitions()}


def delete(table: str, row: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE id = %s", [row.pk])


def test_a_request_goes_to_its_month(api: Any, alice: Any) -> None:
    body = {"model": "Waymore-A1-Instruct-1011", "messages": [{"role": "user", "content": "Count to 3"}]}
    assert api.post("/chat/completions", json=body).status_code == 200
    row = UsageRecord.objects.get(user=alice)
    assert (row.status, table_of(row)) == ("complete", f"{TABLE}_{row.started_at:%Y_%m}")


def test_the_months_to_come_are_there_and_come_again() -> None:
    now = timezone.now()
    assert {f"{TABLE}_{month_start(now, months):%Y_%m}" for months in range(4)} <= names()
    assert partitions.create_ahead(now) == []
    assert partitions.create_ahead(month_start(now, 1)) == [f"{TABLE}_{month_start(now, 4):%Y_%m}"]


def test_what_fits_no_month_is_kept_until_there_is_one(make_row: Make) -> None:
    later = datetime(2031, 5, 31, 23, 59, 59, tzinfo=UTC)
    message = make_row(later)
    assert table_of(message.usage) == f"{TABLE}_default"
    assert f"{TABLE}_2031_05" in partitions.create_ahead(datetime(2031, 4, 1, tzinfo=UTC))
    assert table_of(message.usage) == f"{TABLE}_2031_05"
    message.refresh_from_db()
    assert message.usage.started_at == later


def test_a_month_goes_as_a_whole_and_its_messages_stay(
    make_row: Make, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2022, 5, 1, tzinfo=UTC)
    monkeypatch.setattr(retention, "_releases", [lambda before: None])
    partitions.create_ahead(datetime(2022, 3, 1, tzinfo=UTC))
    gone = [make_row(datetime(2022, month, 28, tzinfo=UTC)) for month in (3, 4, 4)]
    kept = make_row(moment)
    assert retention.drop_rows_before(moment) >= 3
    assert not names() & {f"{TABLE}_2022_03", f"{TABLE}_2022_04"}
    assert f"{TABLE}_2022_05" in names()
    for message in (*gone, kept):
        message.refresh_from_db()
    assert [message.usage for message in gone] == [None] * 3
    assert kept.usage == UsageRecord.objects.get(user=alice)


def test_a_month_with_a_row_that_stays_is_thinned_out(
    make_row: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that was still open, and one that began a moment after its id was made."""
    moment = datetime(2023, 4, 1, tzinfo=UTC)
    monkeypatch.setattr(retention, "_releases", [lambda before: None])
    partitions.create_ahead(datetime(2023, 3, 1, tzinfo=UTC))
    still_open = make_row(datetime(2023, 3, 2, tzinfo=UTC), status=Status.OPEN)
    late = make_row(moment, id=id_of(moment - timedelta(milliseconds=1)))
    make_row(datetime(2023, 3, 3, tzinfo=UTC))
    assert retention.drop_rows_before(moment) >= 1
    inside = UsageRecord.objects.filter(pk__gte=first_id(month_start(moment, -1)), pk__lt=first_id(moment))
    assert set(inside) == {still_open.usage, late.usage}


def test_a_span_of_time_looks_at_its_months_alone(alice: Any) -> None:
    now = timezone.now()
    rows = UsageRecord.objects.began_between(month_start(now), now).filter(user=alice)
    plan = json.dumps(rows.explain(format="json"))
    read = {name for name in names() | {f"{TABLE}_default"} if name in plan}
    # The default one has no bounds, so that nothing rules it out.
    assert read == {f"{TABLE}_{now:%Y_%m}", f"{TABLE}_default"} | (
        {f"{TABLE}_{month_start(now, -1):%Y_%m}"} & names()
    )


def test_each_month_has_the_indexes_and_constraints(make_row: Make, alice: Any) -> None:
    with connection.cursor() as cursor:
        per_table = {}
        for table in (TABLE, f"{TABLE}_{timezone.now():%Y_%m}"):
            cursor.execute("SELECT count(*) FROM pg_index WHERE indrelid = %s::regclass", [table])
            indexes = cursor.fetchone()[0]
            cursor.execute("SELECT count(*) FROM pg_constraint WHERE conrelid = %s::regclass", [table])
            per_table[table] = (indexes, cursor.fetchone()[0])
    (whole, month) = per_table.values()
    assert whole[0] == month[0] == 5
    assert month[1] >= whole[1]
    message = make_row(timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        type(message).objects.filter(pk=message.pk).update(usage=id_of(timezone.now()))
    for table, row in ((TABLE, message.usage), ("accounts_user", alice)):
        with pytest.raises(IntegrityError):
            delete(table, row)


MIGRATE = """
from django.core.management import call_command
for target in TARGETS:
    call_command("migrate", *target, verbosity=0)
"""
FILL = """
from datetime import UTC, datetime
from accounts.services import create_verified_user
from chat.models import Message, Session
from usage.models import UsageRecord
user = create_verified_user(email="a@example.org", password="correct-horse-battery")
session = Session.objects.create(user=user, title="t", model="m")
for at in [datetime(2026, month, 15, tzinfo=UTC) for month in (1, 2, 3)] + [datetime(2100, 1, 1, tzinfo=UTC)]:
    row = UsageRecord.objects.create(user=user, model="m", format="openai", started_at=at, cost=at.month)
    Message.objects.create(session=session, role="assistant", usage=row)
"""
SHOW = """
from django.core.management import call_command
from django.db import connection
from chat.models import Message
from usage import partitions

def show():
    rows = [message.usage for message in Message.objects.order_by("id")]
    print([(str(row.started_at), str(row.cost), row.user_id) for row in rows], end=" ")
    for catalogue, column in (("pg_index", "indrelid"), ("pg_constraint", "conrelid")):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {catalogue} WHERE {column} = 'usage_usagerecord'::regclass")
            print(cursor.fetchone()[0], end=" ")
    print()
    print(partitions.is_partitioned(), len(partitions.partitions()))

show()
call_command("migrate", "usage", "0007", verbosity=0)
show()
call_command("migrate", "usage", "0005", verbosity=0)
show()
"""


@pytest.mark.timeout(300)
def test_a_ledger_with_rows_becomes_one_of_months_and_back() -> None:
    """Nothing is lost, and what refers to it is still told by the database."""
    variables = profile.environment("months")
    profile.create_database(variables)
    targets = [("usage", "0005"), ("account",), ("accounts",), ("apikeys",), ("chat",)]
    try:
        manage(variables, "shell", "-v0", "-c", MIGRATE.replace("TARGETS", repr(targets)) + FILL)
        plain, not_yet, months, now, again, no_more = manage(
            variables, "shell", "-v0", "-c", SHOW
        ).splitlines()
    finally:
        profile.drop_database(variables)
    assert plain.count("2026-0") == 3
    assert plain == months == again
    assert (not_yet, now, no_more) == ("False 0", "True 4", "False 0")
