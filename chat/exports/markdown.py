"""A session as one Markdown text, as it was said."""

import re

from django.utils.translation import gettext as _

from chat.conversations.sources import with_notes
from chat.exports.said import shown
from chat.models import Message, Session
from portal.rendering.fences import closed
from portal.web.times import rfc3339

# What would be markup in a heading or make a second line of it.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$])")


def as_markdown(session: Session) -> str:
    """The branch that is shown. What people and models wrote stands as they wrote it."""
    parts = [f"# {_line(session.title)}", f"{_line(session.model)}, {rfc3339(session.updated_at)}"]
    for number, message in enumerate(shown(session), 1):
        speaker = _("You") if message.role == "user" else message.model or _("Answer")
        parts += [f"## {_line(speaker)}", *_files(message.attachments), closed(_text(message, number))]
    return "\n\n".join(parts) + "\n"


def _text(message: Message, number: int) -> str:
    """Notes are counted in all of a Markdown document: each message gets names of its own."""
    return with_notes(message.text, message.citations, name=f"source-{number}")


def _files(attachments: list[dict[str, str]]) -> list[str]:
    names = ", ".join(_line(str(file.get("name", ""))) for file in attachments)
    label = _("Files")
    return [f"*{label}: {names}*"] if names else []


def _line(text: str) -> str:
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
