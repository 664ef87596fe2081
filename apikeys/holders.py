"""Who calls with a key: asked for on every request, and of the database every time.

So a key is dead in every process the moment it is revoked or its secret replaced, and so are all keys of
a person who is disabled.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from accounts.access import users_of_models
from apikeys import secrets
from apikeys.allowlist import allows
from apikeys.models import ApiKey
from apikeys.services import note_uses
from portal.batching import Batches
from portal.web.errors import InvalidKey, NotAllowed

INVALID_KEY = "Incorrect API key provided. You can find your keys on the portal's /keys page."


@dataclass(frozen=True, slots=True)
class Holder:
    """A key, what it may do, and whose it is. Fields as in `ApiKey`."""

    key_id: UUID
    user_id: UUID
    permissions: frozenset[str]
    rpm_limit: int | None
    daily_limit: int | None
    monthly_limit: int | None
    monthly_cost_limit: Decimal | None
    ip_whitelist: Sequence[str]
    allowed_models: frozenset[str]
    expires_at: datetime | None
    is_enabled: bool


def holder_of(key: ApiKey) -> Holder:
    return Holder(
        key_id=key.pk,
        user_id=key.user_id,
        permissions=frozenset(key.permissions),
        rpm_limit=key.rpm_limit,
        daily_limit=key.daily_limit,
        monthly_limit=key.monthly_limit,
        monthly_cost_limit=key.monthly_cost_limit,
        ip_whitelist=key.ip_whitelist,
        allowed_models=frozenset(key.allowed_models),
        expires_at=key.expires_at,
        is_enabled=key.is_enabled,
    )


def require_usable(holder: Holder | None, address: str | None) -> Holder:
    """The verdict on a key, the same at every door. Raises `InvalidKey` or `NotAllowed`."""
    if holder is None:
        raise InvalidKey(INVALID_KEY)
    if not holder.is_enabled:
        raise InvalidKey("This API key is disabled: its owner can enable it on the portal's /keys page.")
    if holder.expires_at is not None and holder.expires_at <= timezone.now():
        raise InvalidKey("This API key has expired: its owner can renew it on the portal's /keys page.")
    if not allows(holder.ip_whitelist, address):
        raise NotAllowed(f"This API key may not be used from {address or 'an unknown address'}.")
    return holder


async def find_holder(secret: str) -> Holder | None:
    """A typo never reaches the database.

    Looking up by digest is no timing oracle: how far a digest matches says nothing of the secret.
    """
    return await _finder.put(secrets.digest(secret)) if secrets.is_well_formed(secret) else None


def _find(digests: Sequence[str]) -> list[Holder | None]:
    statement, parameters = _statement(len(digests))
    given = dict(zip(_places(len(digests)), digests, strict=True))
    rows = ApiKey.objects.raw(statement, [given.get(value, value) for value in parameters])
    keys = {digest: key for key in rows for digest in _live_digests(key)}
    note_uses({key.pk: key.last_used_at for key in keys.values() if key.status == "active"})
    holders = {digest: holder_of(key) for digest, key in keys.items()}
    return [holders.get(digest) for digest in digests]


def _live_digests(key: ApiKey) -> Iterable[str]:
    yield key.secret_digest
    if key.previous_digest is not None and key.previous_valid_until > timezone.now():
        yield key.previous_digest


@cache
def _statement(count: int) -> tuple[str, tuple[Any, ...]]:
    """The query for so many digests: putting it together costs the ORM more than asking the database."""
    places = _places(count)
    is_one_of_them = Q(secret_digest__in=places) | Q(previous_digest__in=places)
    rows = ApiKey.objects.filter(is_one_of_them, revoked_at=None, user__in=users_of_models()).defer(
        "name", "hint", "created_at"
    )
    statement, parameters = rows.order_by().query.sql_with_params()
    return statement, tuple(parameters)


@cache
def _places(count: int) -> list[str]:
    """What stands for each digest in the parameters."""
    return [f"digest {number}" for number in range(count)]


_finder: Batches[str, Holder | None] = Batches("key-holders", _find)
