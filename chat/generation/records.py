"""Where an answer is kept while it is written, and what it answers."""

from typing import Protocol
from uuid import UUID

from accounts.access import instructions_of
from chat.attachments import context, references
from chat.conversations import answers, branches, turns
from chat.conversations.stored_parts import told_with_files
from chat.gateway.request import Message, Request, Sampling, Text
from chat.models import Attachment, PublicModel, Session
from chat.models import Message as StoredMessage
from chat.models.conversation import MessageStatus


class Record(Protocol):
    """All of it may ask the database: to be called off the event loop."""

    generation: str
    model: str
    # None for what nobody keeps.
    stored: StoredMessage | None

    def request(self, user_id: UUID) -> Request: ...

    def with_files(self, request: Request, model: PublicModel) -> Request: ...

    def link_usage(self, request_id: UUID) -> None: ...

    def save_progress(self, text: str) -> None: ...

    def finish(self, status: MessageStatus, end: answers.End) -> None: ...


class StoredRecord:
    """An answer in a session: it follows what was said on its own branch."""

    def __init__(self, answer: StoredMessage) -> None:
        self.stored = self._answer = answer
        self.generation = turns.generation_id(answer)
        self.model = answer.model
        self._question: StoredMessage | None = None
        self._files: dict[int, list[Attachment]] = {}

    def request(self, user_id: UUID) -> Request:
        session, model = self._answer.session, self._answer.model
        history = branches.path_to(session, self._answer.parent_id)
        files = references.files_of([message.pk for message in history])
        told = told_with_files(model, history, files)
        self._question = history[-1] if history else None
        self._files = {number: belonging for number, (_, belonging) in enumerate(told) if belonging}
        return request_of(model, tuple(message for message, _ in told), user_id, session)

    def with_files(self, request: Request, model: PublicModel) -> Request:
        """What `request` gave, with the conversation's files."""
        if not self._files:
            return request
        request, notes = context.with_files(request, self._files, model)
        if self._question is not None:
            references.annotate(self._question, notes)
        return request

    def link_usage(self, request_id: UUID) -> None:
        answers.link_usage(self._answer, request_id)

    def save_progress(self, text: str) -> None:
        answers.save_progress(self._answer, text)

    def finish(self, status: MessageStatus, end: answers.End) -> None:
        answers.finish(self._answer, status=status, end=end)


def request_of(model: str, messages: tuple[Message, ...], user_id: UUID, session: Session) -> Request:
    """With what the person wants every answer to heed, and what they want of this chat."""
    instructions = (instructions_of(user_id), session.system_prompt)
    return Request(
        model=model,
        messages=messages,
        system=tuple(Text(text) for text in instructions if text),
        sampling=Sampling(temperature=session.temperature),
        stream=True,
    )
