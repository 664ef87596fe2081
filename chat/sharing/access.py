"""The only door to shared snapshots: for their owner, and for whoever has a link."""

from django.db.models import QuerySet

from accounts.access import User
from chat.models import SharedSnapshot
from portal.web.errors import NotFound
from portal.web.ids import decode
from portal.web.public_links import digest_of


def shares_of(user: User) -> QuerySet[SharedSnapshot]:
    """What was said in them stays in the database until somebody reads it: lists do not."""
    return SharedSnapshot.objects.filter(user=user).select_related("session").defer("turns")


def get_share(user: User, public_id: str) -> SharedSnapshot:
    share = shares_of(user).filter(pk=decode(SharedSnapshot.id_prefix, public_id)).first()
    if share is None:
        raise NotFound("There is no such link.")
    return share


def open_share(token: str) -> SharedSnapshot:
    """By its link. Those of people who are disabled, or are leaving, are closed."""
    open_ones = SharedSnapshot.objects.filter(user__is_active=True, user__deletion_due_at=None)
    share = open_ones.filter(digest=digest_of(token)).first()
    if share is None:
        raise NotFound("There is nothing behind this link.")
    return share
