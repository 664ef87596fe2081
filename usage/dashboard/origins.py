"""Where a request was made that has such a place: the chat whose answer it paid for. Conversations lie above
this app, so they tell it how to find them."""

from collections.abc import Callable, Collection, Mapping
from uuid import UUID

from accounts.access import User

Find = Callable[[User, Collection[UUID]], Mapping[UUID, str]]
_finders: list[Find] = []


def register(find: Find) -> None:
    """`find` gives addresses by the keys of requests, in one query: only of what the person may see."""
    _finders.append(find)


def origins(user: User, request_ids: Collection[UUID]) -> dict[UUID, str]:
    """Of those requests that have one."""
    if not request_ids:
        return {}
    return {key: address for find in _finders for key, address in find(user, request_ids).items()}
