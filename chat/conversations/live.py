"""What a person's open tabs are told beside the answers they follow."""

from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from chat.models import Session

Frame = dict[str, Any]


def group_of(user_id: UUID) -> str:
    """The channel layer's group that all tabs of this person are in."""
    return f"chat.{user_id.hex}"


def announce(user_id: UUID, frame: Frame) -> None:
    """Once what it tells of is committed. Nobody has to hear it: tabs read the database when they open."""
    message = {"type": "tell", "frame": frame}
    transaction.on_commit(lambda: _send(group_of(user_id), message), robust=True)


def announce_sessions(user_id: UUID) -> None:
    """What the sidebar lists is no longer what it was."""
    announce(user_id, {"type": "sessions"})


def _send(group: str, message: dict[str, Any]) -> None:
    async_to_sync(get_channel_layer().group_send)(group, message)


def tell_of_session(session: Session, *, page: str = "") -> None:
    """Something was said in it, or another branch is shown: tabs that show it read it again, except the
    `page` that did it. All of them have it first in their list now."""
    announce(session.user_id, {"type": "session", "session": session.public_id, "page": page})
