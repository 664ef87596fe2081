"""Sharing a collection: with everybody who has its link, and with people who are named.

People are named by their address, and nobody looks whether it is an account's: answers are the same for every
address (see `collections_app.models.Guest`).
"""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import User, verified_addresses
from collections_app.models import Collection, CollectionLink, Guest, Membership, Role
from collections_app.reach import reach_of
from collections_app.sharing.access import guests_of
from portal.web.errors import BadParameter, Conflict, NotFound
from portal.web.public_links import digest_of, new_token

MAX_GUESTS = 100


def make_link(*, collection: Collection) -> str:
    """Its token, which is told this once. The link there was before is revoked."""
    token = new_token()
    values = {"digest": digest_of(token), "created_at": timezone.now()}
    CollectionLink.objects.update_or_create(collection=collection, defaults=values)
    return token


def revoke_link(*, collection: Collection) -> None:
    """Raises `NotFound`."""
    deleted, _rows = CollectionLink.objects.filter(collection=collection).delete()
    if not deleted:
        raise NotFound("There is no link.")


@transaction.atomic
def invite(*, collection: Collection, email: str, role: str) -> Guest:
    """With this role from now on, whatever it was."""
    address = _checked_address(collection.user, email)
    if role not in Role:
        raise BadParameter(f"role: choose from {', '.join(Role)}.", "role")
    # Locked: who is counted stays.
    Collection.objects.select_for_update().get(pk=collection.pk)
    guests = guests_of(collection)
    if not guests.filter(email=address).exists() and guests.count() >= MAX_GUESTS:
        words = _("The collection is shared with %(most)d people, which is as many as there can be.")
        raise Conflict(words % {"most": MAX_GUESTS})
    guest, _made = Guest.objects.update_or_create(
        collection=collection, email=address, defaults={"role": role}
    )
    return guest


@transaction.atomic
def uninvite(*, guest: Guest) -> None:
    """What they had put into the collection leaves it with them: nobody reaches what is theirs any more."""
    user = guest.user
    # Locked: what they are adding at this moment waits, and is then refused.
    collection = Collection.objects.select_for_update().get(pk=guest.collection_id)
    guest.delete()
    if user is not None and reach_of(user, collection) is None:
        Membership.objects.filter(collection=collection, item__user=user).delete()


@transaction.atomic
def leave(*, user: User, collection: Collection) -> None:
    """As a guest does."""
    for guest in guests_of(collection).filter(user=user):
        uninvite(guest=guest)


def _checked_address(owner: User, email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise BadParameter(f"email: {' '.join(error.messages)}", "email") from None
    if len(address) > 254:
        raise BadParameter("email: at most 254 characters.", "email")
    if address in (owner.email.lower(), *verified_addresses(owner)):
        words = _("the collection is yours already.")
        raise BadParameter(f"email: {words}", "email")
    return address
