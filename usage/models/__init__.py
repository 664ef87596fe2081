"""The app's tables."""

from usage.models.ledger import ServingProcess, Status, TokensSource, UsageRecord
from usage.models.rollups import ClosedBucket, Grain, LedgerFloor, Reconciliation, Rollup

__all__ = [
    "ClosedBucket",
    "Grain",
    "LedgerFloor",
    "Reconciliation",
    "Rollup",
    "ServingProcess",
    "Status",
    "TokensSource",
    "UsageRecord",
]
