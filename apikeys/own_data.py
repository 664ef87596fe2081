"""What keys add to their owner's data export. Never a secret, nor its digest (battery K01)."""

from accounts.access import User
from accounts.data_export import Archive
from apikeys.access import keys_of


def export(user: User, archive: Archive) -> None:
    rows = (
        {
            "id": key.public_id,
            "name": key.name,
            "hint": key.hint,
            "permissions": key.permissions,
            "createdAt": key.created_at,
            "lastUsedAt": key.last_used_at,
            "revokedAt": key.revoked_at,
        }
        for key in keys_of(user)
    )
    archive.add_rows("keys/keys.json", rows)
