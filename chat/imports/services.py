"""Bringing conversations from elsewhere: each by itself, and none twice."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import User
from chat.access import get_model, sessions_of
from chat.conversations.definition import MAX_FOLDER, MAX_MODEL_NAME, MAX_TEXT, MAX_TITLE
from chat.imports import chatgpt, open_webui, own
from chat.imports.conversation import Conversation, Turn, Unreadable, told_dict, told_text
from chat.imports.store import add_messages
from chat.imports.unpacking import documents
from chat.models import ImportedSession, Message, Session
from portal.web.errors import BadParameter, NotFound
from portal.web.ids import decode
from portal.web.text import one_line

MAX_CONVERSATIONS = 20_000
_FORMATS = (own, chatgpt, open_webui)


@dataclass(frozen=True)
class Skipped:
    title: str
    reason: str


@dataclass
class Report:
    imported: list[Session] = field(default_factory=list)
    # How many were brought before, or never left.
    known: int = 0
    skipped: list[Skipped] = field(default_factory=list)


def import_chats(*, user: User, file: IO[bytes]) -> Report:
    """Raises `BadParameter` for a file nothing can be read from."""
    report = Report()
    known = set(ImportedSession.objects.filter(user=user).values_list("source", flat=True))
    try:
        for number, document in enumerate(documents(file)):
            if number == MAX_CONVERSATIONS:
                report.skipped.append(Skipped("", _only(MAX_CONVERSATIONS)))
                break
            _import(user, document, known, report)
    except Unreadable as error:
        if not report.imported:
            raise BadParameter(str(error), "file") from None
        report.skipped.append(Skipped("", str(error)))
    return report


def _only(number: int) -> str:
    return _("Only %(number)s conversations are read.") % {"number": intcomma(number)}


def _import(user: User, document: Any, known: set[str], report: Report) -> None:
    try:
        conversation = _read(told_dict(document))
    except Unreadable as error:
        title = told_text(told_dict(document).get("title"))
        report.skipped.append(Skipped(one_line(title, MAX_TITLE), str(error)))
        return
    source = conversation.source[:200]
    if source.endswith(":"):
        source += hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    if source in known or _never_left(user, source):
        report.known += 1
        return
    known.add(source)
    try:
        report.imported.append(_store(user, conversation, source))
    except IntegrityError:
        # The same file, imported by the same person at this moment.
        report.known += 1


def _read(document: dict[str, Any]) -> Conversation:
    for kind in _FORMATS:
        if kind.recognises(document):
            return kind.read(document)
    raise Unreadable(_("It is not a chat of ChatGPT, Open WebUI or this portal."))


def _never_left(user: User, source: str) -> bool:
    """An export of this very portal, whose session is still here."""
    public_id = source.partition(":")[2]
    pk = decode(Session.id_prefix, public_id)
    return pk is not None and sessions_of(user).filter(pk=pk).exists()


@transaction.atomic
def _store(user: User, conversation: Conversation, source: str) -> Session:
    times = [turn.created_at for turn in conversation.turns if turn.created_at]
    created = _past(conversation.created_at or min(times, default=None))
    session = Session.objects.create(
        user=user,
        title=one_line(conversation.title, MAX_TITLE) or _("Imported chat"),
        model=_model(user, conversation.model),
        is_pinned=conversation.is_pinned,
        is_archived=conversation.is_archived,
        folder=one_line(conversation.folder, MAX_FOLDER),
        created_at=created,
        updated_at=_past(conversation.updated_at or max(times, default=created)),
    )
    ImportedSession.objects.create(session=session, user=user, source=source)
    messages = {turn.id: message for turn, message in _messages(session, conversation.turns, created)}
    parents = {turn.id: turn.parent for turn in conversation.turns}
    add_messages(session, messages, parents, conversation.current)
    return session


def _messages(session: Session, turns: list[Turn], at: datetime) -> Iterator[tuple[Turn, Message]]:
    for turn in turns:
        at = _past(turn.created_at or at)
        text = turn.text[:MAX_TEXT]
        model = one_line(turn.model, MAX_MODEL_NAME)
        message = Message(
            session=session,
            role=turn.role,
            text=text,
            citations=turn.citations,
            model=model,
            created_at=at,
            updated_at=at,
        )
        yield turn, message


def _past(at: datetime | None) -> datetime:
    return min(at or timezone.now(), timezone.now())


def _model(user: User, name: str) -> str:
    """What goes on with another model than it began with goes on with ours."""
    try:
        return get_model(user, name).name
    except NotFound:
        return settings.DEFAULT_MODEL
