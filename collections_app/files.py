"""Files of the portal's that items are about. They are stored above this app, which is told how to hold on to
one for as long as its item is there."""

from collections.abc import Callable, Sequence
from uuid import UUID

from accounts.access import User
from collections_app.models import ContentItem, ItemType

# The owner, the item's key, and the addresses it has; of others it lets go.
Hold = Callable[[User, UUID, Sequence[str]], None]
_FILES = (ItemType.IMAGE, ItemType.FILE)
_holders: list[Hold] = []


def offer(hold: Hold) -> None:
    """`hold` knows which addresses are files of the owner's; of others it does nothing."""
    _holders.append(hold)


def hold(item: ContentItem) -> None:
    """In the transaction in which the item comes to be about one. Those of its former versions stay, too."""
    former = item.versions.filter(type__in=_FILES).values_list("content", flat=True)
    current = [item.content] if item.type in _FILES else []
    addresses = [content.strip() for content in (*current, *former)]
    for each in _holders:
        each(item.user, item.pk, addresses)
