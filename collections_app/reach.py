"""Who may do what with a collection and what is in it. Everything that asks, asks here.

The owner of a collection may do everything with it. Guests who `view` read what is in it; those who `edit`
also add items of their own, take items out, order them and change them. An item belongs to whoever made it,
wherever it is: only they delete it, see its former versions and where it came from, and mark it a favourite.
People who are disabled or about to leave share nothing.
"""

from enum import IntEnum

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.access import User, verified_addresses
from collections_app.models import Collection, ContentItem, Guest, Membership, Role


class Reach(IntEnum):
    VIEW = 1
    EDIT = 2
    OWN = 3


_OF_ROLE = {Role.VIEW: Reach.VIEW, Role.EDIT: Reach.EDIT}
_IS_HERE = Q(user__is_active=True, user__deletion_due_at=None)


def reach_of(user: User, collection: Collection) -> Reach | None:
    """None: for this person it is not there. Who comes by an address for the first time is known from then
    on."""
    if collection.user_id == user.pk:
        return Reach.OWN
    guests = list(_guests(user).filter(collection=collection))
    if any(guest.user_id is None for guest in guests):
        _guests(user).filter(collection=collection).update(user=user)
    return max((_OF_ROLE[Role(guest.role)] for guest in guests), default=None)


def reach_of_item(user: User, item: ContentItem) -> Reach | None:
    """Who only shares an item may `EDIT` it at most."""
    if item.user_id == user.pk:
        return Reach.OWN
    if not _is_here(item.user):
        return None
    inside = Collection.objects.filter(memberships__item=item)
    if inside.filter(user=user).exists():
        return Reach.EDIT
    roles = _guests(user).filter(collection__in=inside).values_list("role", flat=True)
    return max((_OF_ROLE[Role(role)] for role in roles), default=None)


def shared_with(user: User) -> QuerySet[Collection]:
    """Other people's; each with `may_edit`. Those shared last come first."""
    guests = _guests(user).filter(collection=OuterRef("pk"))
    shared = Collection.objects.filter(Exists(guests)).select_related("user")
    return shared.annotate(may_edit=Exists(guests.filter(role=Role.EDIT))).order_by("-pk")


def seen_collections(user: User) -> QuerySet[Collection]:
    """One's own and those of others."""
    return Collection.objects.filter(Q(user=user) | Exists(_guests(user).filter(collection=OuterRef("pk"))))


def editable_collections(user: User) -> QuerySet[Collection]:
    """Those of the person's own and of others that they may add to."""
    guests = _guests(user).filter(collection=OuterRef("pk"), role=Role.EDIT)
    return Collection.objects.filter(Q(user=user) | Exists(guests))


def seen_items(user: User) -> QuerySet[ContentItem]:
    """One's own, and those of others in collections that the person sees."""
    places = Membership.objects.filter(item=OuterRef("pk"), collection__in=seen_collections(user))
    return ContentItem.objects.filter(Q(user=user) | _IS_HERE & Exists(places), deleted_at=None)


def items_inside(collection: Collection) -> QuerySet[ContentItem]:
    """What everybody who reaches the collection sees in it. Its owner's own things they see to the end."""
    shown = _IS_HERE | Q(user=collection.user_id)
    return ContentItem.objects.filter(shown, memberships__collection=collection, deleted_at=None)


def _guests(user: User) -> QuerySet[Guest]:
    expected = Q(user=None, email__in=verified_addresses(user))
    here = Q(collection__user__is_active=True, collection__user__deletion_due_at=None)
    return Guest.objects.filter(here, Q(user=user) | expected).exclude(collection__user=user)


def _is_here(user: User) -> bool:
    return user.is_active and user.deletion_due_at is None
