"""What accounts itself adds to a data export."""

from collections.abc import Iterator
from typing import Any

from accounts.access import preferences_of
from accounts.data_export import Archive
from accounts.models import User
from accounts.security_log import events_of


def export(user: User, archive: Archive) -> None:
    chosen = preferences_of(user)
    profile = {
        "id": user.public_id,
        "email": user.email,
        "addresses": list(user.emailaddress_set.values("email", "verified", "primary")),
        "name": user.name,
        "joinedAt": user.date_joined,
        "groups": list(user.groups.values_list("name", flat=True)),
        "language": chosen.language,
        "timeZone": chosen.time_zone,
        "theme": chosen.theme,
        "defaultModel": chosen.default_model,
        "instructions": chosen.instructions,
    }
    archive.add_json("account/profile.json", profile)
    archive.add_rows("account/security-log.json", _events(user))
    if chosen.picture:
        with chosen.picture.open("rb") as file:
            archive.add_file("account/picture.webp", file)


def _events(user: User) -> Iterator[dict[str, Any]]:
    for line in events_of(user).iterator():
        yield {
            "at": line.at,
            "event": line.event,
            "address": line.address,
            "browser": line.user_agent,
            "details": line.details,
        }
