"""The only door to keys: by their secret, or for their owner."""

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.access import User
from apikeys import secrets
from apikeys.models import ApiKey, Permission
from portal.web.errors import NotAllowed, NotFound
from portal.web.ids import decode


def keys_of(user: User) -> QuerySet[ApiKey]:
    """What its owner has not deleted."""
    return ApiKey.objects.filter(user=user, revoked_at=None)


def get_key(user: User, public_id: str) -> ApiKey:
    key = keys_of(user).filter(pk=decode(ApiKey.id_prefix, public_id)).first()
    if key is None:
        raise NotFound("There is no such key.")
    return key


def find_by_secret(secret: str) -> ApiKey | None:
    """The key with this secret, its owner loaded. A typo never reaches the database.

    Looking up by digest is no timing oracle: how far a digest matches says nothing of the secret.
    Whether the key may be used, and from where, is for `apikeys.holders` to say.
    """
    if not secrets.is_well_formed(secret):
        return None
    digest = secrets.digest(secret)
    is_secret = Q(secret_digest=digest)
    is_in_grace = Q(previous_digest=digest, previous_valid_until__gt=timezone.now())
    return ApiKey.objects.select_related("user").filter(is_secret | is_in_grace, revoked_at=None).first()


def require_manage(caller: ApiKey | None) -> None:
    """`caller` is the key that asks; None is the person in their browser. Raises `NotAllowed`."""
    if caller is not None and Permission.MANAGE not in caller.permissions:
        raise NotAllowed("This API key lacks the permission `manage`.")


def require_self_or_manage(caller: ApiKey | None, key: ApiKey) -> None:
    if caller is None or caller.pk != key.pk:
        require_manage(caller)
