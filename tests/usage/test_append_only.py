"""Nothing in the application rewrites the ledger by chance."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import ProtectedError

from usage.models import Status, UsageRecord


@pytest.fixture
def row(alice: Any) -> UsageRecord:
    return UsageRecord.objects.create(user=alice, model="m", format="openai", status=Status.COMPLETE)


def save_again(row: UsageRecord) -> None:
    row.model = "other"
    row.save()


def save_another(row: UsageRecord) -> None:
    UsageRecord.objects.update_or_create(pk=row.pk, defaults={"model": "other"})


def write_over(row: UsageRecord) -> None:
    fields = {"update_fields": ["model"], "unique_fields": ["id"]}
    UsageRecord.objects.bulk_create([row], update_conflicts=True, **fields)


WAYS: dict[str, Callable[[UsageRecord], Any]] = {
    "save": save_again,
    "update or create": save_another,
    "write over": write_over,
    "update": lambda row: UsageRecord.objects.filter(pk=row.pk).update(model="other"),
    "update in bulk": lambda row: UsageRecord.objects.bulk_update([row], ["model"]),
    "delete": lambda row: row.delete(),
    "delete many": lambda row: UsageRecord.objects.filter(pk=row.pk).delete(),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_it_refuses(row: UsageRecord, way: Callable[[UsageRecord], Any]) -> None:
    with pytest.raises(TypeError, match="only ever added"):
        way(row)
    assert UsageRecord.objects.get(pk=row.pk).model == "m"


def test_a_person_with_rows_is_not_deleted_with_them(alice: Any, row: UsageRecord) -> None:
    with pytest.raises(ProtectedError):
        alice.delete()
    assert UsageRecord.objects.filter(pk=row.pk).exists()
