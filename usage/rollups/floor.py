"""The moment before which the ledger's rows are gone by policy. What is below is never rolled up again."""

from datetime import UTC, datetime

from usage.models import LedgerFloor

_NOWHERE = datetime(1970, 1, 1, tzinfo=UTC)


def floor() -> datetime:
    found = LedgerFloor.objects.values_list("kept_since", flat=True).first()
    return found.astimezone(UTC) if found else _NOWHERE
