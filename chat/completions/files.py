"""`attachments` in a completion, and those of the session it continues: told to the model with the messages
they belong to.

Such a call is told in canonical terms, never passed as it came: the files are not in what the caller wrote.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from chat.attachments import context, references
from chat.attachments.limits import MAX_FILES
from chat.completions import admission
from chat.completions.asked import Asked
from chat.gateway import errors
from chat.gateway.request import Service
from chat.models import Attachment, PublicModel
from portal.database import in_database
from portal.web.errors import BadParameter

FIELD = "attachments"
# By the number of the message they belong to.
Files = dict[int, Sequence[Attachment]]


async def named(asked: Asked) -> list[Attachment]:
    """Those of the last message. Raises `InvalidRequest` for what is no file of the caller's."""
    passage = asked.request.passage
    notes = passage.raw.get(FIELD) if passage else None
    if not notes or asked.request.service is not Service.CHAT:
        return []
    if passage.raw.get("n") not in (None, 1):
        raise errors.InvalidRequest("n: a question with files has one answer.", "n")
    try:
        _, files = await in_database(references.resolved, asked.caller.user_id, _checked(notes))
    except BadParameter as error:
        raise errors.InvalidRequest(str(error), error.param) from None
    if len(files) < len(notes):
        raise errors.InvalidRequest(f"{FIELD}: upload the files first: `POST /api/chat/attachments`.", FIELD)
    if asked.request.messages[-1].role != "user":
        raise errors.InvalidRequest(f"{FIELD}: the last message is no question.", FIELD)
    return files


def _checked(notes: Any) -> list[dict[str, Any]]:
    if not isinstance(notes, list) or len(notes) > MAX_FILES:
        raise BadParameter(f"{FIELD}: a list of at most {MAX_FILES} files.", FIELD)
    for number, note in enumerate(notes):
        texts = [note.get("id"), note.get("url")] if isinstance(note, dict) else []
        if not any(texts) or not all(isinstance(text, str | None) for text in texts):
            at = f"{FIELD}[{number}]"
            raise BadParameter(f"{at}: an object with the `id` or the `url` of a file.", at)
    return notes


def of_question(asked: Asked, attached: list[Attachment]) -> Files:
    return {len(asked.request.messages) - 1: attached} if attached else {}


async def with_files(asked: Asked, model: PublicModel, files: Files) -> tuple[Asked, dict[UUID, str]]:
    """With what its reader should know of each. Raises `InvalidRequest` where the model cannot see what it is
    asked about, `PermissionDenied` where the key may not show it, `Overloaded` where the storage is away."""
    if not any(files.values()):
        return asked, {}
    request, notes = await in_database(context.with_files, asked.request, files, model)
    admission.require_for_content(asked.caller, request)
    return replace(asked, request=request), notes
