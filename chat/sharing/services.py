"""Sharing a conversation as it is now, by a link that cannot be guessed."""

from typing import Any

from django.utils import timezone

from chat.conversations.definition import MAX_TITLE
from chat.conversations.sources import with_notes
from chat.exports.said import shown
from chat.models import Message, Session, SharedSnapshot
from portal.web.errors import BadParameter, Conflict
from portal.web.public_links import digest_of, new_token
from portal.web.text import require_plain_text

MAX_LINKS = 20


def share_session(*, session: Session, title: str | None = None) -> tuple[SharedSnapshot, str]:
    """The snapshot and its link's token, which is told this once."""
    if session.snapshots.count() >= MAX_LINKS:
        raise Conflict(f"This chat has {MAX_LINKS} links; revoke one first.")
    token = new_token()
    share = SharedSnapshot.objects.create(
        user=session.user,
        session=session,
        digest=digest_of(token),
        title=_title(title) or session.title,
        turns=_turns(session),
    )
    return share, token


def update_share(*, share: SharedSnapshot, title: str | None = None) -> SharedSnapshot:
    """Takes the snapshot anew, under the same link."""
    share.title = _title(title) or share.title
    share.turns, share.updated_at = _turns(share.session), timezone.now()
    share.save(update_fields=["title", "turns", "updated_at"])
    return share


def revoke_share(*, share: SharedSnapshot) -> None:
    share.delete()


def _title(said: str | None) -> str:
    title = (said or "").strip()
    require_plain_text(title, "title")
    if len(title) > MAX_TITLE:
        raise BadParameter(f"title: at most {MAX_TITLE} characters.", "title")
    return title


def _turns(session: Session) -> list[dict[str, Any]]:
    turns = [_turn(message) for message in shown(session)]
    if not turns:
        raise Conflict("Nothing was said in this chat yet.")
    return turns


def _turn(message: Message) -> dict[str, Any]:
    """Attached files stay with their owner, and so do their names."""
    return {
        "role": message.role,
        "text": with_notes(message.text, message.citations),
        "model": message.model if message.role == "assistant" else "",
        "files": len(message.attachments),
    }
