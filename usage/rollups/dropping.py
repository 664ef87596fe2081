"""Leave to drop the ledger's old rows: the roll-ups are then all there is of them."""

from datetime import datetime

from django.db import transaction

from usage.models import Grain, LedgerFloor, UsageRecord
from usage.retention import StillNeeded
from usage.rollups.buckets import start_of
from usage.rollups.floor import floor
from usage.rollups.locking import hold
from usage.rollups.pieces import pieces


class NotRolledUp(StillNeeded):
    """The rows are still needed: some of them are in hours that are not closed."""


@transaction.atomic
def raise_floor(to: datetime) -> None:
    """In the transaction that then drops the ledger's rows before `to`, the start of an hour. Raises
    `NotRolledUp`: then they must stay."""
    if to != start_of(Grain.HOUR, to):
        raise ValueError("the ledger is dropped by whole hours")
    hold()
    lowest = floor()
    if UsageRecord.objects.began_in(pieces(lowest, to).open).exists():
        raise NotRolledUp(f"not all requests before {to:%Y-%m-%d %H:%M} UTC are rolled up yet")
    if to > lowest:
        LedgerFloor.objects.update_or_create(pk=1, defaults={"kept_since": to})
