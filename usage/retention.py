"""How long rows of the ledger are kept. None is dropped before the sums that replace it are made."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from usage import partitions
from usage.models import Status, UsageRecord
from usage.models.append_only import drop
from usage.months import first_id, month_start

log = logging.getLogger(__name__)

Release = Callable[[datetime], None]
_releases: list[Release] = []
_BATCH = 2_000


class StillNeeded(Exception):
    """One line that says which rows of the ledger, and for what."""


def register(release: Release) -> None:
    """Who reads the ledger to sum it up is told before rows go: those that began before the moment. It
    raises `StillNeeded` where it needs them; else it never counts on them again."""
    _releases.append(release)


def drop_old_rows(now: datetime) -> int:
    """By the operator's policy, whole months in UTC; returns how many rows went."""
    months = settings.KEEP_LEDGER_MONTHS
    if not months:
        return 0
    try:
        count = drop_rows_before(month_start(now, -months))
    except StillNeeded as reason:
        log.warning("The ledger's old rows stay for now: %s", reason)
        return 0
    if count:
        log.info("Dropped %d rows of the ledger that are older than %d months.", count, months)
    return count


def drop_rows_before(moment: datetime) -> int:
    """Rows that began before. Raises `StillNeeded`. What refers to them stays, and refers to nothing."""
    if not _releases:
        raise StillNeeded("nobody has summed them up.")
    for release in _releases:
        release(moment)
    count = sum(_drop_whole(partition, moment) for partition in partitions.partitions())
    rows = UsageRecord.objects.filter(started_at__lt=moment).exclude(status=Status.OPEN)
    while keys := list(rows.order_by("started_at").values_list("pk", flat=True)[:_BATCH]):
        with transaction.atomic():
            _release(**{"in": keys})
            count += drop(UsageRecord.objects.filter(pk__in=keys))
    return count


def _drop_whole(partition: partitions.Partition, moment: datetime) -> int:
    """A month's table goes at once, if none of its rows has to stay."""
    if partition.until > first_id(moment):
        return 0
    inside = UsageRecord.objects.filter(pk__gte=partition.since, pk__lt=partition.until)
    if inside.filter(Q(started_at__gte=moment) | Q(status=Status.OPEN)).exists():
        return 0
    _release(gte=partition.since, lt=partition.until)
    return partitions.drop(partition)


def _release(**of_rows: Any) -> None:
    """Nothing refers to these rows any more: whoever refers to the ledger can do without. Look-ups of their
    ids."""
    for relation in UsageRecord._meta.related_objects:
        assert relation.on_delete is models.SET_NULL  # noqa: S101
        name, rows = relation.field.name, relation.related_model._base_manager
        lookups = {f"{name}__{lookup}": value for lookup, value in of_rows.items()}
        while keys := list(rows.filter(**lookups).values_list("pk", flat=True)[:_BATCH]):
            rows.filter(pk__in=keys).update(**{name: None})
