"""Exports as files to keep."""

import io
import re
import unicodedata

from django.http import StreamingHttpResponse

from chat.exports.document import as_json
from chat.exports.markdown import as_markdown
from chat.models import Session
from portal.web.downloads import attachment

_KINDS = {"markdown": ("md", "text/markdown; charset=utf-8"), "json": ("json", "application/json")}
# What some system's file names may not have.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
MAX_NAME = 80


def export_file(session: Session, kind: str) -> StreamingHttpResponse:
    """`kind` is `markdown` or `json`."""
    ending, content_type = _KINDS[kind]
    data = (as_json(session) if kind == "json" else as_markdown(session)).encode("utf-8", "replace")
    name = file_name(session.title, ending)
    return attachment(io.BytesIO(data), name=name, content_type=content_type, size=len(data))


def file_name(title: str, ending: str) -> str:
    """In any script, safe on any system: nothing invisible, no path, no device."""
    plain = "".join(character for character in title if unicodedata.category(character)[0] != "C")
    plain = " ".join(_FORBIDDEN.sub(" ", plain).split())[:MAX_NAME].strip(". ")
    if not plain or _RESERVED.match(plain):
        plain = f"chat {plain}".strip()
    return f"{plain}.{ending}"
