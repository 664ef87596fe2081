"""A chat that is not stored: the page alone remembers it. The ledger counts it as every other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.signing import BadSignature, Signer

from accounts.access import User
from chat.conversations import answers
from chat.conversations.definition import checked_session
from chat.conversations.turns import checked_question, require_model
from chat.gateway.request import Message, Request, Role, Text
from chat.generation.records import request_of
from chat.models import PublicModel, Session
from chat.models.conversation import MessageStatus
from portal.web.errors import NotFound
from portal.web.ids import uuid7

PREFIX = "tmp_"


@dataclass(frozen=True)
class Question:
    """`history` has a role and a text of each message."""

    text: str
    model: str
    history: Sequence[tuple[Role, str]]
    settings: Mapping[str, Any]


class TemporaryRecord:
    """Its only trace is the event log, which forgets."""

    def __init__(self, user: User, question: Question, session: Session) -> None:
        self.generation = _signer(user).sign(f"{PREFIX}{uuid7().hex}")
        self.model = question.model
        self.stored = None
        said = [*question.history, ("user", question.text)]
        self._messages = tuple(Message(role, (Text(text),)) for role, text in said if text)
        self._session = session

    def request(self, user_id: UUID) -> Request:
        return request_of(self.model, self._messages, user_id, self._session)

    def with_files(self, request: Request, model: PublicModel) -> Request:
        return request

    def link_usage(self, request_id: UUID) -> None:
        pass

    def save_progress(self, text: str) -> None:
        pass

    def finish(self, status: MessageStatus, end: answers.End) -> None:
        pass


def record_of(user: User, question: Question) -> TemporaryRecord:
    """Raises `BadParameter`."""
    checked_question(question.text)
    require_model(user, question.model)
    return TemporaryRecord(user, question, Session(**checked_session(user, question.settings)))


def is_temporary(generation: str) -> bool:
    return generation.startswith(PREFIX)


def require_own(user: User, generation: str) -> None:
    """Its id itself says whose it is: there is no row that could. Raises `NotFound`."""
    try:
        _signer(user).unsign(generation)
    except BadSignature:
        raise NotFound("There is no such answer.") from None


def _signer(user: User) -> Signer:
    return Signer(salt=f"temporary-chat-{user.pk}")
