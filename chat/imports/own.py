"""The JSON that this portal exports (`chat.exports.document`)."""

from typing import Any

from django.utils.translation import gettext as _

from chat.conversations.sources import citations_in
from chat.exports.document import FORMAT, VERSION
from chat.imports.conversation import (
    Conversation,
    Node,
    Turn,
    Unreadable,
    arranged,
    last_shown,
    told_dict,
    told_list,
    told_text,
    told_time,
)


def recognises(document: dict[str, Any]) -> bool:
    return document.get("format") == FORMAT


def read(document: dict[str, Any]) -> Conversation:
    """Raises `Unreadable`."""
    if document.get("version") != VERSION:
        raise Unreadable(_("It was exported by a newer portal."))
    nodes = [_node(told_dict(message)) for message in told_list(document.get("messages"))]
    by_id = {node.id: node for node in nodes}
    turns = arranged(by_id)
    return Conversation(
        source=f"{FORMAT}:{told_text(document.get('id'))}",
        title=told_text(document.get("title")),
        turns=turns,
        current=last_shown(by_id, turns, told_text(document.get("current"))),
        model=told_text(document.get("model")),
        created_at=told_time(document.get("createdAt")),
        updated_at=told_time(document.get("updatedAt")),
        is_pinned=document.get("pinned") is True,
        is_archived=document.get("archived") is True,
        folder=told_text(document.get("folder")),
    )


def _node(message: dict[str, Any]) -> Node:
    key, role, text = (told_text(message.get(name)) for name in ("id", "role", "content"))
    turn = None
    if role in ("user", "assistant") and text:
        turn = Turn(
            key,
            None,
            role,
            text,
            told_text(message.get("model")),
            told_time(message.get("createdAt")),
            citations_in(message.get("citations")),
        )
    return Node(key, told_text(message.get("parent")) or None, turn)
