"""Sessions, and what is said in them without asking a model. Of questions and answers: `turns`, `answers`."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import User
from chat import access
from chat.attachments import references, releasing
from chat.conversations import branches, live
from chat.conversations.definition import checked_message, checked_rating, checked_session
from chat.conversations.titles import first_words
from chat.models import Message, Session
from chat.models.conversation import MessageStatus
from portal.web.errors import Conflict
from portal.web.ids import uuid7

_NO_TITLE = "New chat"


def create_session(*, user: User, opening: str = "", **fields: Any) -> Session:
    """`fields` as `chat.conversations.definition` knows them; without a title the `opening` gives its first
    words."""
    unsaid = {"title": first_words(opening) or _NO_TITLE, "model": settings.DEFAULT_MODEL}
    session = Session.objects.create(user=user, **{**unsaid, **checked_session(user, fields)})
    live.announce_sessions(user.pk)
    return session


def edit_session(*, session: Session, **fields: Any) -> Session:
    """Changes what is named and nothing else, the session's place in the list among it."""
    values = checked_session(session.user, fields)
    for name, value in values.items():
        setattr(session, name, value)
    if values:
        session.save(update_fields=list(values))
        live.announce_sessions(session.user_id)
    return session


def move_on(session: Session, message: Message | None) -> None:
    """The session's branch ends with this message now."""
    session.current, session.updated_at = message, timezone.now()
    session.save(update_fields=["current", "updated_at"])


def delete_session(*, session: Session) -> None:
    """With all that was said in it; the ledger keeps what it cost."""
    attached = releasing.in_session(session.pk)
    session.delete()
    releasing.release(attached)
    live.announce_sessions(session.user_id)


@transaction.atomic
def add_message(*, user: User, session_id: str, **fields: Any) -> Message:
    """Said without asking a model. Raises `Conflict` while an answer is being written."""
    session = access.get_session(user, session_id, lock=True)
    values = checked_message(fields)
    require_quiet(session, "sessionId")
    values["attachments"], files = references.resolved(user, values["attachments"])
    message = Message.objects.create(session=session, parent_id=session.current_id, **values)
    references.attach(message, files)
    move_on(session, message)
    live.tell_of_session(session)
    return message


def rate_message(*, message: Message, **fields: Any) -> Message:
    for name, value in checked_rating(message, fields).items():
        setattr(message, name, value)
    message.save(update_fields=["rating", "rating_reason"])
    return message


@transaction.atomic
def show_version(*, user: User, message: Message, page: str = "") -> Session:
    """The branch in which this message stands is the one that is shown, down to its newest end. `page` is the
    tab that wants it."""
    session = access.get_session(user, message.session.public_id, lock=True)
    leaf = branches.tree_of(session).newest_leaf(message.pk)
    session.current_id = leaf
    session.save(update_fields=["current"])
    live.tell_of_session(session, page=page)
    return session


@transaction.atomic
def branch_off(*, user: User, message: Message) -> Session:
    """A new session that begins with all that was said up to this message."""
    source = access.get_session(user, message.session.public_id)
    said = branches.path_to(source, message.pk)
    session = Session.objects.create(
        user=user,
        title=source.title,
        title_by=source.title_by,
        model=source.model,
        folder=source.folder,
        system_prompt=source.system_prompt,
        temperature=source.temperature,
    )
    files = references.files_of([message.pk for message in said])
    attached = [(copy, files.get(copy.pk, [])) for copy in said]
    parent = None
    for copy in said:
        # The ledger's row and the command stay with the message that they made.
        copy.usage, copy.command = None, None
        copy.pk, copy.session, copy.parent = uuid7(), session, parent
        parent = copy
    if any(copy.status == MessageStatus.STREAMING for copy in said):
        raise Conflict(_("The last answer is still being written."), "message")
    Message.objects.bulk_create(said)
    for copy, its_files in attached:
        references.attach(copy, its_files)
    move_on(session, parent)
    return session


def require_quiet(session: Session, param: str) -> None:
    if session.messages.filter(status=MessageStatus.STREAMING).exists():
        raise Conflict(_("The last answer is still being written."), param)
