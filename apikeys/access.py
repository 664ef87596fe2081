"""The only door to keys: by their secret, or for their owner."""

from django.db.models import QuerySet

from accounts.access import User
from apikeys import secrets
from apikeys.models import ApiKey
from portal.web.errors import NotFound
from portal.web.ids import decode


def keys_of(user: User) -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(user=user)


def get_key(user: User, public_id: str) -> ApiKey:
    key = keys_of(user).filter(pk=decode(ApiKey.id_prefix, public_id)).first()
    if key is None:
        raise NotFound("There is no such key.")
    return key


def find_by_secret(secret: str) -> ApiKey | None:
    """The active key with this secret, its owner loaded. A typo never reaches the database.

    Looking up by digest is no timing oracle: how far a digest matches says nothing of the secret.
    """
    if not secrets.is_well_formed(secret):
        return None
    rows = ApiKey.objects.select_related("user")
    return rows.filter(secret_digest=secrets.digest(secret), revoked_at=None).first()
