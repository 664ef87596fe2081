"""What of a session leaves it: the branch that is shown, or everything."""

from chat.models import Message, Session


def shown(session: Session) -> list[Message]:
    return [message for message in session.messages.all() if message.text]


def everything(session: Session) -> list[Message]:
    return list(session.messages.all())


def current_id(session: Session) -> str | None:
    last = session.messages.last()
    return last.public_id if last else None


def parent_id(message: Message) -> str | None:
    before = message.session.messages.filter(pk__lt=message.pk).last()
    return before.public_id if before else None
