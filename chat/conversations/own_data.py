"""What chats add to a person's data export: a file a session."""

from typing import Any

from accounts.access import User
from accounts.data_export import Archive
from chat.access import sessions_of
from chat.models import Message, Session


def export(user: User, archive: Archive) -> None:
    archive.add_rows("chat/sessions.json", map(_session, sessions_of(user).iterator()))
    for session in sessions_of(user).iterator():
        archive.add_rows(
            f"chat/sessions/{session.public_id}.json", map(_message, session.messages.iterator())
        )


def _session(session: Session) -> dict[str, Any]:
    return {
        "id": session.public_id,
        "title": session.title,
        "model": session.model,
        "pinned": session.is_pinned,
        "archived": session.is_archived,
        "folder": session.folder or None,
        "createdAt": session.created_at,
        "updatedAt": session.updated_at,
    }


def _message(message: Message) -> dict[str, Any]:
    return {
        "id": message.public_id,
        "role": message.role,
        "text": message.text,
        "parts": message.parts,
        "citations": message.citations or [],
        "attachments": message.attachments,
        "model": message.model,
        "status": message.status,
        "inputTokens": message.input_tokens,
        "outputTokens": message.output_tokens,
        "createdAt": message.created_at,
    }
