"""Who calls with a key: asked for on every request, and of the database every time.

So a key is dead in every process the moment it is revoked, and so are all keys of a person who is disabled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from accounts.access import users_of_models
from apikeys import secrets
from apikeys.models import ApiKey
from apikeys.services import note_uses
from portal.batching import Batches


@dataclass(frozen=True)
class Holder:
    """A key that may be used now, and whose it is."""

    key_id: UUID
    user_id: UUID
    permissions: frozenset[str]


async def find_holder(secret: str) -> Holder | None:
    """A typo never reaches the database.

    Looking up by digest is no timing oracle: how far a digest matches says nothing of the secret.
    """
    return await _finder.put(secrets.digest(secret)) if secrets.is_well_formed(secret) else None


def _find(digests: Sequence[str]) -> list[Holder | None]:
    statement, parameters = _statement(len(digests))
    given = dict(zip(_places(len(digests)), digests, strict=True))
    rows = ApiKey.objects.raw(statement, [given.get(value, value) for value in parameters])
    keys = {key.secret_digest: key for key in rows}
    note_uses({key.pk: key.last_used_at for key in keys.values()})
    holders = {
        digest: Holder(key.pk, key.user_id, frozenset(key.permissions)) for digest, key in keys.items()
    }
    return [holders.get(digest) for digest in digests]


@cache
def _statement(count: int) -> tuple[str, tuple[Any, ...]]:
    """The query for so many digests: putting it together costs the ORM more than asking the database."""
    rows = ApiKey.objects.filter(
        secret_digest__in=_places(count), revoked_at=None, user__in=users_of_models()
    ).only("secret_digest", "user_id", "permissions", "last_used_at")
    statement, parameters = rows.order_by().query.sql_with_params()
    return statement, tuple(parameters)


@cache
def _places(count: int) -> list[str]:
    """What stands for each digest in the parameters."""
    return [f"digest {number}" for number in range(count)]


_finder: Batches[str, Holder | None] = Batches("key-holders", _find)
