"""Where an item may have been saved from. Conversations lie above this app, so they tell it how to find
one."""

from collections.abc import Callable
from uuid import UUID

from django.db.models import F, QuerySet
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


def with_source(rows: QuerySet[ContentItem]) -> QuerySet[ContentItem]:
    """Each with what `source_address` asks for, and nothing of what was said."""
    session = "source_message__session"
    return rows.annotate(source_session=F(session), source_gone_at=F(f"{session}__deleted_at"))


def source_address(item: ContentItem) -> str:
    """Of the message in its chat, of an item that `with_source` gave; empty where there is none any more."""
    session = getattr(item, "source_session", None)
    if session is None or item.source_gone_at:
        return ""
    page = reverse("chat-session", args=[encode("ses", session)])
    return f"{page}#{encode('msg', item.source_message_id)}"
