"""Tells a person's open tabs, in whichever process they are connected, that something changed."""

import logging
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def announce(user_id: UUID, frame: dict[str, Any]) -> None:
    """Once the transaction at hand is committed. Nobody has to be listening."""
    transaction.on_commit(lambda: _send(user_id, frame))


def announce_sessions(user_id: UUID) -> None:
    """What the sidebar lists is no longer what it was."""
    announce(user_id, {"type": "sessions"})


def _send(user_id: UUID, frame: dict[str, Any]) -> None:
    message = {"type": "tell", "frame": frame}
    try:
        async_to_sync(get_channel_layer().group_send)(f"chat.{user_id.hex}", message)
    except (RedisError, OSError):
        log.warning("%s's tabs could not be told: the channel layer is away.", user_id)
