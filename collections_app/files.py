"""Files of the portal's that items are about. They are stored above this app, which is told
who keeps them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import IO, Protocol
from uuid import UUID

from accounts.access import User
from collections_app.models import ContentItem, ItemType

FILES = (ItemType.IMAGE, ItemType.FILE)


@dataclass(frozen=True)
class StoredBytes:
    """`digest` is the SHA-256 of the bytes in hexadecimal, `size` their number; `media_type` is one that no
    browser runs. `picture` draws it, small if wanted, with the drawing's type; None where there is nothing
    to draw. Both raise `Unavailable`."""

    name: str
    media_type: str
    digest: str
    size: int
    open: Callable[[], IO[bytes]]
    picture: Callable[[bool], tuple[bytes, str] | None]


class Keeper(Protocol):
    def hold(self, user: User, item: UUID, addresses: Sequence[str]) -> None:
        """The item keeps those files at these addresses that are the person's, and no others."""

    def find(self, user: User, address: str) -> StoredBytes | None:
        """What is at this address, if it is the person's."""

    def receive(self, user: User, name: str, file: IO[bytes], size: int) -> str:
        """Stores it and gives its address. Raises `BadParameter` or `TooLarge` for what cannot be kept.
        What no item holds is gone after a day."""

    def forget(self, user: User, addresses: Collection[str]) -> None:
        """Those that nothing holds."""

    def holders(self, user: User, digests: Collection[str]) -> list[UUID]:
        """The items that hold bytes with these digests, now or for a former version."""


_keepers: list[Keeper] = []


def offer(keeper: Keeper) -> None:
    _keepers.append(keeper)


def keeper() -> Keeper:
    return _keepers[0]


def hold(item: ContentItem) -> None:
    """In the transaction in which the item comes to be about one. Those of its former versions stay, too."""
    former = item.versions.filter(type__in=FILES).values_list("content", flat=True)
    current = [item.content] if item.type in FILES else []
    addresses = [content.strip() for content in (*current, *former)]
    keeper().hold(item.user, item.pk, addresses)


def file_of(item: ContentItem) -> StoredBytes | None:
    """The one that the item is about, if the portal has it."""
    return keeper().find(item.user, item.content.strip()) if item.type in FILES else None
