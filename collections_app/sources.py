"""Where an item may have been saved from. Conversations lie above this app, so they tell it how to find
one."""

from collections.abc import Callable, Iterable
from uuid import UUID

from django.urls import reverse

from accounts.access import User
from collections_app.models import ContentItem
from portal.web.errors import NotFound
from portal.web.ids import encode

FindMessage = Callable[[User, str], UUID]
_finders: list[FindMessage] = []


def offer(find: FindMessage) -> None:
    """`find` gives the key of a message of the person's by its public id, or raises `NotFound`."""
    _finders.append(find)


def message_key(user: User, public_id: str) -> UUID:
    for find in _finders:
        return find(user, public_id)
    raise NotFound("There is no such message.")


def source_addresses(items: Iterable[ContentItem]) -> dict[UUID, str]:
    """Of the messages they were saved from, in their chats, by the item's key; only of those still there."""
    saved = [item.pk for item in items if item.source_message_id]
    if not saved:
        return {}
    # Asked for a page at a time: joined to a search, every hit would be looked up.
    rows = ContentItem.objects.filter(pk__in=saved, source_message__session__deleted_at=None)
    found = rows.order_by().values_list("pk", "source_message", "source_message__session")
    return {pk: _address(session, message) for pk, message, session in found if session}


def _address(session: UUID, message: UUID) -> str:
    return f"{reverse('chat-session', args=[encode('ses', session)])}#{encode('msg', message)}"
