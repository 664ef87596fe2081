"""Rows that a process left open when it died are closed with what is known of them."""

import logging
from datetime import timedelta
from typing import Any

from django.utils import timezone

from usage import progress
from usage.models import ServingProcess, Status, UsageRecord
from usage.models.append_only import amend
from usage.prices import Prices

log = logging.getLogger(__name__)

# A process is given up after missing several heartbeats; a restarting database must not look like one.
DEAD_AFTER = timedelta(seconds=45)
_BATCH = 500
_CLOSED = {"status": Status.INTERRUPTED, "error_type": "interrupted"}


def close_interrupted() -> int:
    """Closes the open rows of processes that are gone; returns how many."""
    dead_before = timezone.now() - DEAD_AFTER
    alive = ServingProcess.objects.filter(seen_at__gte=dead_before).values("id")
    lost = UsageRecord.objects.filter(status=Status.OPEN, started_at__lt=dead_before).exclude(
        process__in=alive
    )
    count = 0
    while rows := list(lost.order_by("started_at")[:_BATCH]):
        count += _close(rows)
    ServingProcess.objects.filter(seen_at__lt=dead_before - timedelta(days=1)).delete()
    if count:
        log.warning("Closed %d usage records that their process left open.", count)
    return count


def _close(rows: list[UsageRecord]) -> int:
    known = progress.recall([row.pk for row in rows], _notes({row.process for row in rows}))
    count = sum(_amend([row], **_outcome(row, known[row.pk])) for row in rows if row.pk in known)
    return count + _amend([row for row in rows if row.pk not in known])


def _amend(rows: list[UsageRecord], **fields: Any) -> int:
    """A row that its process settles after all stays as that left it."""
    still_open = UsageRecord.objects.filter(pk__in=[row.pk for row in rows], status=Status.OPEN)
    return amend(still_open, **_CLOSED, **fields)


def _notes(processes: set[Any]) -> dict[str, dict[str, Any]]:
    notes: dict[str, dict[str, Any]] = {}
    for noted in ServingProcess.objects.filter(pk__in=processes - {None}).values_list("progress", flat=True):
        notes |= noted
    return notes


def _outcome(row: UsageRecord, known: progress.Known) -> dict[str, Any]:
    prices = Prices(
        row.input_price,
        row.output_price,
        row.cached_price,
        row.cache_write_price,
        row.image_price,
        row.request_price,
    )
    cost = prices.cost(
        input=known.input_tokens,
        output=known.output_tokens,
        cached=known.cached_tokens,
        cache_written=known.cache_written_tokens,
        images=known.images,
        answers=int(bool(known.output_tokens or known.images)),
    )
    return {**vars(known), "cost": cost}
