"""Questions, and the answers to come, as they begin and end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.access import User
from chat import access
from chat.attachments import references
from chat.conversations import answers, live
from chat.conversations.definition import MAX_TEXT
from chat.conversations.services import create_session, move_on, require_quiet
from chat.models import Attachment, Message, Session
from chat.models.conversation import MessageStatus
from portal.web.errors import BadParameter, Conflict, NotFound
from portal.web.ids import encode

MAX_QUESTION = MAX_TEXT


@dataclass(frozen=True)
class Turn:
    """What was said, and the answer to it that is being written."""

    said: list[Message]
    answer: Message
    is_new: bool = True

    @property
    def generation(self) -> str:
        return generation_id(self.answer)


def generation_id(answer: Message) -> str:
    """Under which `event_log` has an answer that is being written."""
    return encode("gen", answer.pk)


@dataclass(frozen=True)
class Question:
    """Without `session_id` a session begins, with these `settings`. One that `edits` another is a new version
    of it, with its files unless `attachments`, ids of files, says otherwise. `page` is the tab that asks: it
    is not told of it."""

    text: str
    model: str
    ref: str | None = None
    session_id: str | None = None
    edits: str | None = None
    attachments: Sequence[str] | None = None
    settings: Mapping[str, Any] | None = None
    page: str = ""


def ask(*, user: User, question: Question) -> Turn:
    command = _command(user, question.ref)
    return _once(command, lambda: _ask(user, question, command))


@transaction.atomic
def _ask(user: User, question: Question, command: UUID | None) -> Turn:
    files = _files(user, question)
    text = checked_question(question.text, is_enough=bool(files))
    require_model(user, question.model)
    if question.session_id is None:
        fields = {"model": question.model, **(question.settings or {})}
        session = create_session(user=user, opening=text or files[0].name, **fields)
    else:
        session = _opened(user, question.session_id, question.model)
    parent = session.current_id
    if question.edits is not None:
        parent = access.get_message(user, question.edits, role="user", session=session).parent_id
    said = _said(session, parent, role="user", text=text, attached=files)
    answer = _answer_to_come(session, said.pk, question.model, command=command)
    live.tell_of_session(session, page=question.page)
    return Turn([said], answer)


def _files(user: User, question: Question) -> list[Attachment]:
    """A new version of a question keeps the files of the one it edits, unless it says otherwise."""
    if question.attachments is not None:
        return references.named(user, question.attachments)
    if question.edits is None:
        return []
    edited = access.get_message(user, question.edits, role="user")
    return references.files_of([edited.pk]).get(edited.pk, [])


def checked_question(text: str, *, is_enough: bool = False) -> str:
    """`is_enough`: there is something to ask about without a word."""
    # PostgreSQL cannot store NUL; no person types one.
    text = text.replace("\x00", "").strip()
    if not (text or is_enough) or len(text) > MAX_QUESTION:
        words = _("A message has 1 to %(most)s characters.") % {"most": intcomma(MAX_QUESTION)}
        raise BadParameter(words, "text")
    return text


def ask_again(*, user: User, answer_id: str, model: str, ref: str | None = None, page: str = "") -> Turn:
    """Another version of an answer, by this model."""
    command = _command(user, ref)
    turn = _once(command, lambda: _ask_again(user, answer_id, model, command))
    live.tell_of_session(turn.answer.session, page=page)
    return turn


@transaction.atomic
def _ask_again(user: User, answer_id: str, model: str, command: UUID | None) -> Turn:
    answer = access.get_message(user, answer_id, role="assistant")
    require_model(user, model)
    session = _opened(user, answer.session.public_id, model)
    return Turn([], _answer_to_come(session, answer.parent_id, model, command=command))


def _command(user: User, ref: str | None) -> UUID | None:
    """A page's `ref`, which is its own alone."""
    return uuid5(user.pk, ref) if ref else None


def _once(command: UUID | None, begin: Callable[[], Turn]) -> Turn:
    """The turn that this command began before, if it did: a page whose connection broke cannot know."""
    if begun := _begun_by(command):
        return begun
    try:
        return begin()
    except IntegrityError:
        if begun := _begun_by(command):
            return begun
        raise


def _begun_by(command: UUID | None) -> Turn | None:
    if command is None:
        return None
    answer = Message.objects.select_related("session").filter(command=command).first()
    return Turn([], answer, is_new=False) if answer else None


def require_model(user: User, model: str) -> None:
    try:
        access.get_model(user, model)
    except NotFound:
        raise BadParameter(_("This model is not available to you."), "model") from None


def _opened(user: User, session_id: str, model: str) -> Session:
    session = access.get_session(user, session_id, lock=True)
    require_quiet(session, "session")
    session.model = model
    session.save(update_fields=["model"])
    return session


def _answer_to_come(session: Session, parent: UUID | None, model: str, **fields: Any) -> Message:
    answer = Message.objects.create(
        session=session,
        parent_id=parent,
        role="assistant",
        model=model,
        status=MessageStatus.STREAMING,
        **fields,
    )
    move_on(session, answer)
    return answer


@transaction.atomic
def begin_turn(
    *,
    user: UUID,
    session_id: str,
    after: UUID | None,
    said: list[dict[str, Any]],
    model: str,
    request_id: UUID,
) -> Turn:
    """`said` are a message's columns each, with the files `attached` to it and `notes` on them. Raises
    `Conflict` when `after` is no longer the last message."""
    session = access.get_session(user, session_id, lock=True)
    require_quiet(session, "session_id")
    if session.current_id != after:
        raise Conflict("Something else was said in this session in the meantime.", "session_id")
    messages: list[Message] = []
    for columns in said:
        parent = messages[-1].pk if messages else after
        messages.append(_said(session, parent, **columns))
    follows = messages[-1].pk if messages else after
    answer = _answer_to_come(session, follows, model, usage_id=request_id)
    live.tell_of_session(session)
    return Turn(messages, answer)


def _said(
    session: Session,
    parent: UUID | None,
    *,
    attached: Sequence[Attachment] = (),
    notes: Mapping[UUID, str] | None = None,
    **columns: Any,
) -> Message:
    told = [references.note_of(attachment, (notes or {}).get(attachment.pk, "")) for attachment in attached]
    message = Message.objects.create(session=session, parent_id=parent, attachments=told, **columns)
    references.attach(message, attached)
    return message


def end_turn(*, turn: Turn, status: MessageStatus, end: answers.End) -> None:
    """A question the model said nothing to was not asked, as far as the conversation goes: it may be asked
    again. The ledger has the call."""
    if status == MessageStatus.COMPLETE or end.text:
        answers.finish(turn.answer, status=status, end=end)
    else:
        _take_back(turn)


@transaction.atomic
def _take_back(turn: Turn) -> None:
    unsaid = [*turn.said, turn.answer]
    session = Session.objects.select_for_update().filter(pk=turn.answer.session_id).first()
    if session is not None and session.current_id == turn.answer.pk:
        session.current_id = unsaid[0].parent_id
        session.save(update_fields=["current"])
        live.tell_of_session(session)
    Message.objects.filter(pk__in=[message.pk for message in unsaid]).delete()
