"""What is done to keys."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from accounts.access import User
from apikeys import secrets
from apikeys.models import ApiKey, Permission
from portal.web.errors import BadParameter

# `last_used_at` is for people: a minute's precision spares a write on every request.
_USE_PRECISION = timedelta(minutes=1)


def create_key(*, user: User, name: str, permissions: Sequence[str]) -> tuple[ApiKey, str]:
    """Returns the key and its secret, which nobody can show again."""
    name = name.strip()
    if not name or len(name) > 100 or "\x00" in name:
        raise BadParameter("name: 1 to 100 characters.", "name")
    unknown = set(permissions) - set(Permission.values)
    if unknown or not permissions:
        raise BadParameter(f"permissions: choose from {', '.join(Permission.values)}.", "permissions")
    secret = secrets.generate()
    key = ApiKey.objects.create(
        user=user,
        name=name,
        permissions=[value for value in Permission.values if value in permissions],
        secret_digest=secrets.digest(secret),
        hint=secrets.hint(secret),
    )
    return key, secret


def revoke_key(*, key: ApiKey) -> None:
    """The secret is dead at once; the key's history stays."""
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])


def note_use(key: ApiKey) -> None:
    note_uses({key.pk: key.last_used_at})


def note_uses(last_used: Mapping[UUID, datetime | None]) -> None:
    """Keys in use now, with when they were last noted as used."""
    now = timezone.now()
    stale = [key_id for key_id, at in last_used.items() if at is None or at < now - _USE_PRECISION]
    if stale:
        ApiKey.objects.filter(pk__in=stale).update(last_used_at=now)
