"""From stuff back into the chat: what an item puts into the composer."""

import re
from dataclasses import dataclass

from accounts.access import User
from chat.attachments import keeping
from chat.models import Attachment
from collections_app.access import get_item
from collections_app.reach import Reach

_FENCE = re.compile(r"^\s*(`{3,})", re.MULTILINE)


@dataclass(frozen=True)
class Used:
    """Text to be sent, or a file to go with it, which is gone after a day unless it is sent."""

    text: str = ""
    attachment: Attachment | None = None


def use_item(*, user: User, item_id: str) -> Used:
    """Raises `NotFound`."""
    item = get_item(user, item_id, Reach.VIEW)
    if item.type in ("IMAGE", "FILE") and (file := keeping.file_at(item.user, item.content.strip())):
        is_own = item.user_id == user.pk
        return Used(attachment=keeping.another(file) if is_own else keeping.copied(user, file))
    if item.type == "CODE":
        return Used(_fenced(item.content, item.language))
    return Used(item.content.strip())


def _fenced(code: str, language: str) -> str:
    """In a fence longer than any in the code itself."""
    longest = max((len(fence) for fence in _FENCE.findall(code)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{code.rstrip()}\n{fence}"
