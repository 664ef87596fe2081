"""The ledger: one row for each admitted request, opened before the model is called, settled once."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from django.db import close_old_connections, transaction
from django.utils import timezone

from usage.group_commit import GroupCommit
from usage.models import ServingProcess, Status, TokensSource, UsageRecord

__all__ = ["Admission", "Settlement", "Status", "TokensSource", "admit", "close_interrupted", "settle"]

log = logging.getLogger(__name__)

BEAT_SECONDS = 10.0
# A process is given up after missing several heartbeats; a restarting database must not look like one.
DEAD_AFTER = timedelta(seconds=45)
PROCESS_ID = uuid4()


@dataclass(frozen=True)
class Admission:
    """Prices per million tokens, as they are now."""

    request_id: UUID
    user_id: UUID
    key_id: UUID | None
    model: str
    format: str
    is_stream: bool
    address: str | None
    input_price: Decimal
    output_price: Decimal


@dataclass(frozen=True)
class Settlement:
    """How it went. Times in milliseconds."""

    admission: Admission
    deployment: str
    status: Status
    error_type: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    tokens_source: TokensSource
    first_token_ms: int | None
    duration_ms: int
    is_disconnected: bool


async def admit(admission: Admission) -> None:
    """Returns once the open row is durable."""
    await _writer.put(admission)


async def settle(settlement: Settlement) -> None:
    """Returns once the row is final. A row that is already final stays as it is."""
    await _writer.put(settlement)


def close_interrupted() -> int:
    """Closes the open rows of processes that are gone; returns how many."""
    dead_before = timezone.now() - DEAD_AFTER
    alive = ServingProcess.objects.filter(seen_at__gte=dead_before).values("id")
    lost = UsageRecord.objects.filter(status=Status.OPEN, started_at__lt=dead_before).exclude(
        process__in=alive
    )
    count = lost.update(status=Status.INTERRUPTED, error_type="interrupted")
    ServingProcess.objects.filter(seen_at__lt=dead_before - timedelta(days=1)).delete()
    if count:
        log.warning("Closed %d usage records that their process left open.", count)
    return count


def _write(items: Sequence[Admission | Settlement]) -> None:
    close_old_connections()
    with transaction.atomic():
        UsageRecord.objects.bulk_create(_record(item) for item in items if isinstance(item, Admission))
        for item in items:
            if isinstance(item, Settlement):
                _settle(item)


def _record(admission: Admission) -> UsageRecord:
    fields = {**vars(admission)}
    return UsageRecord(id=fields.pop("request_id"), process=PROCESS_ID, **fields)


def _settle(settlement: Settlement) -> None:
    fields = {**vars(settlement)}
    admission: Admission = fields.pop("admission")
    cost = (
        settlement.input_tokens * admission.input_price + settlement.output_tokens * admission.output_price
    ) / 1_000_000
    open_row = UsageRecord.objects.filter(pk=admission.request_id, status=Status.OPEN)
    if not open_row.update(**fields, cost=cost):
        log.error("Usage record %s was already final; its settlement is dropped.", admission.request_id)


def _beat() -> None:
    close_old_connections()
    ServingProcess.objects.update_or_create(pk=PROCESS_ID, defaults={"seen_at": timezone.now()})


_writer: GroupCommit[Admission | Settlement] = GroupCommit(_write, _beat, BEAT_SECONDS)
