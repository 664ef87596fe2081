"""The ledger's part in a person's data export, and in their leaving."""

from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from accounts.access import User
from accounts.data_export import Archive
from accounts.deletion import StillBusy
from usage.budgets import departed
from usage.models import Rollup, Status, UsageRecord
from usage.models.append_only import amend
from usage.rollups.locking import hold

_COLUMNS = (
    "id",
    "startedAt",
    "model",
    "key",
    "status",
    "inputTokens",
    "outputTokens",
    "cost",
    "durationMs",
    "address",
)


def export(user: User, archive: Archive) -> None:
    archive.add_rows("usage/requests.json", _rows(user))
    archive.add_table("usage/requests.csv", _COLUMNS, _rows(user))


def hand_over(user: User, nobody: User) -> None:
    """What was used stays in the books, but not who used it: the one change a settled row ever sees
    (docs/decisions/0003). A key's name may say more than its owner wants. Raises `StillBusy`: what a running
    request comes to belongs to the person's groups too."""
    if UsageRecord.objects.filter(user=user, status=Status.OPEN).exists():
        raise StillBusy
    departed.keep(user, timezone.now())
    hold()
    amend(UsageRecord.objects.filter(user=user), user=nobody, key=None, address=None)
    Rollup.objects.filter(user_id=user.pk).update(user_id=nobody.pk, key_id=None)


def _rows(user: User) -> Iterator[dict[str, Any]]:
    for record in UsageRecord.objects.filter(user=user).select_related("key").order_by("id").iterator():
        yield {
            "id": record.public_id,
            "startedAt": record.started_at,
            "model": record.model,
            "key": record.key.name if record.key else "",
            "status": record.status,
            "inputTokens": record.input_tokens,
            "outputTokens": record.output_tokens,
            "cost": f"{record.cost:f}",
            "durationMs": record.duration_ms,
            "address": record.address,
        }
