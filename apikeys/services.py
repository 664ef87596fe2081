"""What is done to keys."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.access import User
from accounts.security_log import Detail, Event, record
from apikeys import secrets
from apikeys.definition import checked
from apikeys.models import ApiKey
from portal.web.errors import BadParameter

# `last_used_at` is for people: a minute's precision spares a write on every request.
_USE_PRECISION = timedelta(minutes=1)
MAX_GRACE = timedelta(days=7)


def create_key(*, user: User, **fields: Any) -> tuple[ApiKey, str]:
    """`fields` as `apikeys.definition` knows them; `name` and `permissions` at least.

    Returns the key and its secret, which nobody can show again.
    """
    secret = secrets.generate()
    key = ApiKey.objects.create(
        user=user,
        secret_digest=secrets.digest(secret),
        hint=secrets.hint(secret),
        **checked(fields),
    )
    _record(key, Event.KEY_CREATED)
    return key, secret


def edit_key(*, key: ApiKey, **fields: Any) -> ApiKey:
    """Changes what is named and nothing else."""
    values = checked(fields)
    for name, value in values.items():
        setattr(key, name, value)
    if values:
        key.save(update_fields=list(values))
        _record(key, Event.KEY_EDITED, changed=list(values))
    return key


def revoke_key(*, key: ApiKey) -> None:
    """Deleted, as far as its owner can see: its secrets are dead at once. Its history stays."""
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        _record(key, Event.KEY_REVOKED)


def regenerate_key(*, key: ApiKey, grace: timedelta = timedelta(0)) -> str:
    """A new secret for the same key. The old one is dead at once, or after `grace`; one before it always is.

    Returns the secret, which nobody can show again.
    """
    if not timedelta(0) <= grace <= MAX_GRACE:
        seconds = int(MAX_GRACE.total_seconds())
        raise BadParameter(f"graceSeconds: a whole number from 0 to {seconds}.", "graceSeconds")
    secret = secrets.generate()
    with transaction.atomic():
        # Two regenerations at a time must not keep the same old secret alive.
        locked = ApiKey.objects.select_for_update().get(pk=key.pk)
        key.previous_digest = locked.secret_digest if grace else None
        key.previous_valid_until = timezone.now() + grace if grace else None
        key.secret_digest, key.hint = secrets.digest(secret), secrets.hint(secret)
        key.save(update_fields=["previous_digest", "previous_valid_until", "secret_digest", "hint"])
        _record(key, Event.KEY_REGENERATED)
    return secret


def _record(key: ApiKey, event: Event, **details: Detail) -> None:
    record(user=key.user, event=event, details={"key": key.public_id, "name": key.name, **details})


def note_use(key: ApiKey) -> None:
    note_uses({key.pk: key.last_used_at})


def note_uses(last_used: Mapping[UUID, datetime | None]) -> None:
    """Keys in use now, with when they were last noted as used."""
    now = timezone.now()
    stale = [key_id for key_id, at in last_used.items() if at is None or at < now - _USE_PRECISION]
    if stale:
        ApiKey.objects.filter(pk__in=stale).update(last_used_at=now)
