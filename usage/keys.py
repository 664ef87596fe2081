"""API keys by their ids. Their model lies above: it is known by the ledger's foreign key only."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet

from accounts.access import User
from portal.web.errors import NotFound
from portal.web.ids import decode
from usage.models import UsageRecord

Key: Any = UsageRecord._meta.get_field("key").related_model


def get_own_key(user: User, public_id: str, param: str | None = None) -> Any:
    """One that they have deleted since, too: what was used through it is still theirs to see."""
    key = Key.objects.filter(user=user, pk=decode(Key.id_prefix, public_id)).first()
    if key is None:
        raise NotFound("There is no such key.", param)
    return key


def keys_by_id(key_ids: Collection[UUID]) -> dict[UUID, Any]:
    rows: QuerySet[Model] = Key.objects.filter(pk__in=key_ids)
    return {key.pk: key for key in rows}
