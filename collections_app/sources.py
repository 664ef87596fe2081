"""Where an item may have been saved from. Conversations lie above this app, so they tell it how to find
one."""

from collections.abc import Callable
from uuid import UUID

from accounts.access import User
from portal.web.errors import NotFound

FindMessage = Callable[[User, str], UUID]
_finders: list[FindMessage] = []


def offer(find: FindMessage) -> None:
    """`find` gives the key of a message of the person's by its public id, or raises `NotFound`."""
    _finders.append(find)


def message_key(user: User, public_id: str) -> UUID:
    for find in _finders:
        return find(user, public_id)
    raise NotFound("There is no such message.")
