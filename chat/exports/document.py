"""A session as a JSON document that this portal can import again: every branch of it."""

import json
from typing import Any

from chat.exports.said import current_id, everything, parent_id
from chat.models import Message, Session
from portal.web.times import rfc3339

FORMAT = "llm-portal-chat"
VERSION = 1


def as_document(session: Session) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "id": session.public_id,
        "title": session.title,
        "model": session.model,
        "pinned": session.is_pinned,
        "archived": session.is_archived,
        "folder": session.folder or None,
        "createdAt": rfc3339(session.created_at),
        "updatedAt": rfc3339(session.updated_at),
        "current": current_id(session),
        "messages": [_message(message) for message in everything(session)],
    }


def as_json(session: Session) -> str:
    return json.dumps(as_document(session), ensure_ascii=False, indent=1)


def _message(message: Message) -> dict[str, Any]:
    return {
        "id": message.public_id,
        "parent": parent_id(message),
        "role": message.role,
        "content": message.text,
        "citations": message.citations or [],
        "model": message.model or None,
        "status": message.status,
        "attachments": [
            {name: file.get(name) for name in ("name", "type", "size")} for file in message.attachments
        ],
        "createdAt": rfc3339(message.created_at),
    }
