"""Files of the portal's that items are about. They are stored above this app, which is told how to hold on to
one for as long as its item is there."""

from collections.abc import Callable
from uuid import UUID

from accounts.access import User
from collections_app.models import ContentItem, ItemType

# The owner, the item's key, and the address it has; an empty one lets go of what was held.
Hold = Callable[[User, UUID, str], None]
_holders: list[Hold] = []


def offer(hold: Hold) -> None:
    """`hold` knows which addresses are files of the owner's; of others it does nothing."""
    _holders.append(hold)


def hold(item: ContentItem) -> None:
    """In the transaction in which the item comes to be about it."""
    is_about_file = item.type in (ItemType.IMAGE, ItemType.FILE)
    for each in _holders:
        each(item.user, item.pk, item.content.strip() if is_about_file else "")
