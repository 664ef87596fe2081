"""The app's tables."""

from usage.models.ledger import ServingProcess, Status, TokensSource, UsageRecord

__all__ = ["ServingProcess", "Status", "TokensSource", "UsageRecord"]
