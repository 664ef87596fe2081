"""From the chat into stuff: an answer, a part of it, or a file, each with the message it is from."""

import re
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import User
from chat.attachments import keeping
from chat.attachments.references import address_of, files_of
from chat.conversations.sources import with_notes
from chat.conversations.titles import first_words
from chat.models import Message
from chat.models.conversation import MessageStatus
from collections_app import services
from collections_app.access import ContentItem
from portal.rendering.markdown import code_blocks
from portal.web.errors import BadParameter, Conflict

# What Markdown begins a line with, and what it sets words in.
_MARKS = re.compile(r"^[\s#>*+\-]+|[*_`]+", re.MULTILINE)
_LONGEST_NAME = 50


def save_answer(*, user: User, message: Message) -> ContentItem:
    """All of it, as it was written: Markdown, with its sources as notes."""
    _require_whole(message)
    content = with_notes(message.text, message.citations)
    return _saved(user, message, type="NOTE", title=_title(message.text), content=content)


def save_selection(*, user: User, message: Message, text: str) -> ContentItem:
    return _saved(user, message, type="NOTE", title=_title(text), content=text)


def save_code(*, user: User, message: Message, index: int) -> ContentItem:
    """The block of this number, from 0, among those the page shows."""
    _require_whole(message)
    blocks = code_blocks(message.text)
    if not 0 <= index < len(blocks):
        raise BadParameter(f"index: the message has {len(blocks)} blocks of code, from 0.", "index")
    language, code = blocks[index]
    content = code.rstrip("\n")
    named = language[:_LONGEST_NAME] if language.isprintable() else ""
    return _saved(user, message, type="CODE", title=_title(code), content=content, language=named)


@transaction.atomic
def save_file(*, user: User, message: Message, attachment_id: str) -> ContentItem:
    """The same bytes as a file of its own: nothing is copied, and either may go without the other."""
    files = files_of([message.pk]).get(message.pk, [])
    found = next((file for file in files if file.public_id == attachment_id), None)
    if found is None:
        raise BadParameter("attachmentId: the message has no such file.", "attachmentId")
    own = keeping.another(found)
    kind = "IMAGE" if own.file.view_key else "FILE"
    return _saved(user, message, type=kind, title=own.name[:200], content=address_of(own))


def _saved(user: User, message: Message, **fields: Any) -> ContentItem:
    return services.create_item(user=user, source_message_id=message.public_id, **fields)


def _require_whole(message: Message) -> None:
    if message.status == MessageStatus.STREAMING:
        raise Conflict(_("The last answer is still being written."))


def _title(text: str) -> str:
    """Its first line that says something."""
    lines = (" ".join(line.split()) for line in _MARKS.sub("", text[:2000]).splitlines())
    return first_words(next((line for line in lines if re.search(r"\w", line)), "")) or _("From a chat")
