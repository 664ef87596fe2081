"""A session as one Markdown text, as it was said."""

import re

from django.utils.translation import gettext as _

from chat.exports.said import shown
from chat.models import Session
from portal.web.times import rfc3339

# What would be markup in a heading or make a second line of it.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$])")


def as_markdown(session: Session) -> str:
    """The branch that is shown. What people and models wrote stands as they wrote it."""
    parts = [f"# {_line(session.title)}", f"{_line(session.model)}, {rfc3339(session.updated_at)}"]
    for message in shown(session):
        speaker = _("You") if message.role == "user" else message.model or _("Answer")
        parts += [f"## {_line(speaker)}", *_files(message.attachments), _complete(message.text)]
    return "\n\n".join(parts) + "\n"


def _files(attachments: list[dict[str, str]]) -> list[str]:
    names = ", ".join(_line(str(file.get("name", ""))) for file in attachments)
    label = _("Files")
    return [f"*{label}: {names}*"] if names else []


def _line(text: str) -> str:
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _complete(text: str) -> str:
    """A code block that an answer left open would take the next turns in."""
    fence = ""
    for line in text.splitlines():
        mark = re.match(r" {0,3}(`{3,}|~{3,})(.*)", line)
        if not mark:
            continue
        if not fence:
            fence = mark[1]
        elif mark[1].startswith(fence) and not mark[2].strip():
            fence = ""
    return f"{text.strip()}\n{fence}" if fence else text.strip()
