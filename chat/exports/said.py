"""What of a session leaves it: the branch that is shown, or everything."""

from chat.conversations import branches
from chat.models import Message, Session
from portal.web.ids import encode


def shown(session: Session) -> list[Message]:
    return [message for message in branches.path(session) if message.text]


def everything(session: Session) -> list[Message]:
    """In the order in which it was said."""
    return list(session.messages.all())


def current_id(session: Session) -> str | None:
    return encode(Message.id_prefix, session.current_id) if session.current_id else None


def parent_id(message: Message) -> str | None:
    return encode(Message.id_prefix, message.parent_id) if message.parent_id else None
