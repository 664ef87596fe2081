"""What shared links add to a person's data export. The links themselves nobody knows any more."""

from typing import Any

from accounts.access import User
from accounts.data_export import Archive
from chat.models import SharedSnapshot
from chat.sharing.access import shares_of


def export(user: User, archive: Archive) -> None:
    archive.add_rows("shares/shares.json", map(_share, shares_of(user).defer(None).iterator()))


def _share(share: SharedSnapshot) -> dict[str, Any]:
    return {
        "id": share.public_id,
        "session": share.session.public_id,
        "title": share.title,
        "turns": share.turns,
        "createdAt": share.created_at,
        "updatedAt": share.updated_at,
    }
