"""Messages that were said elsewhere, as rows, with all their branches."""

from collections.abc import Mapping

from chat.models import Message, Session

_BATCH = 500


def add_messages(
    session: Session, messages: Mapping[str, Message], parents: Mapping[str, str | None], current: str
) -> None:
    """`messages` have each after the one it follows; `parents` and `current` name them by their keys."""
    for key, message in messages.items():
        parent = parents[key]
        message.parent = messages[parent] if parent else None
    Message.objects.bulk_create(messages.values(), batch_size=_BATCH)
    session.current = messages[current]
    session.save(update_fields=["current"])
