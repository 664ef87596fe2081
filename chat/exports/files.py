"""Exports as files to keep."""

import io

from django.http import StreamingHttpResponse

from chat.exports.document import as_json
from chat.exports.markdown import as_markdown
from chat.models import Session
from portal.web.downloads import attachment
from portal.web.file_names import file_name

_KINDS = {"markdown": ("md", "text/markdown; charset=utf-8"), "json": ("json", "application/json")}


def export_file(session: Session, kind: str) -> StreamingHttpResponse:
    """`kind` is `markdown` or `json`."""
    ending, content_type = _KINDS[kind]
    data = (as_json(session) if kind == "json" else as_markdown(session)).encode("utf-8", "replace")
    name = file_name(session.title, ending, "chat")
    return attachment(io.BytesIO(data), name=name, content_type=content_type, size=len(data))
