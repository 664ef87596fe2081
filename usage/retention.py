"""How long rows of the ledger are kept. None is dropped before the sums that replace it are made."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings
from django.db import models, transaction

from usage.models import Status, UsageRecord
from usage.models.append_only import drop

log = logging.getLogger(__name__)

Guard = Callable[[], datetime | None]
_guards: list[Guard] = []
_BATCH = 2_000


class StillNeeded(Exception):
    """One line that says until when rows may go."""


def guard(safe: Guard) -> None:
    """Who reads the ledger to sum it up says before which moment it needs no row any more; None: it needs
    them all."""
    _guards.append(safe)


def safe_before() -> datetime | None:
    """Rows that began before may be dropped. None: no row may, for nobody has summed them up."""
    moments = [safe() for safe in _guards]
    known = [moment for moment in moments if moment is not None]
    return min(known) if known and len(known) == len(moments) else None


def drop_old_rows(now: datetime) -> int:
    """By the operator's policy, whole months in UTC; returns how many rows went."""
    months = settings.KEEP_LEDGER_MONTHS
    if not months:
        return 0
    safe = safe_before()
    if safe is None:
        log.warning("The ledger's old rows stay: they are not rolled up.")
        return 0
    count = drop_rows_before(min(month_start(now, -months), month_start(safe)))
    if count:
        log.info("Dropped %d rows of the ledger that are older than %d months.", count, months)
    return count


def drop_rows_before(moment: datetime) -> int:
    """Rows that began before. Raises `StillNeeded`. What refers to them stays, and refers to nothing."""
    safe = safe_before()
    if safe is None or moment > safe:
        raise StillNeeded(f"Rows of the ledger that began after {safe or 'the beginning'} are needed.")
    rows = UsageRecord.objects.filter(started_at__lt=moment).exclude(status=Status.OPEN)
    count = 0
    while keys := list(rows.order_by("started_at").values_list("pk", flat=True)[:_BATCH]):
        with transaction.atomic():
            release_rows(UsageRecord.objects.filter(pk__in=keys))
            count += drop(UsageRecord.objects.filter(pk__in=keys))
    return count


def release_rows(rows: "models.QuerySet[UsageRecord]") -> None:
    """Nothing refers to them any more. Whoever refers to the ledger can do without."""
    for relation in UsageRecord._meta.related_objects:
        assert relation.on_delete is models.SET_NULL  # noqa: S101
        referring = {f"{relation.field.name}__in": rows.values("pk")}
        relation.related_model._base_manager.filter(**referring).update(**{relation.field.name: None})


def month_start(moment: datetime, months: int = 0) -> datetime:
    """Of the month in UTC that is so many after the one of `moment`."""
    at = moment.astimezone(UTC)
    count = at.year * 12 + at.month - 1 + months
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)
