"""Plain text of any sort: documents, data, code."""

import codecs
import json
from typing import IO

from chat.attachments import kinds
from chat.attachments.extraction.reading import MAX_CHARACTERS, Reading, Unreadable, clean

# Bytes that a character takes at most.
_WIDEST = 4
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Of a hundred characters, those that text does not have.
_STRANGE_SHARE = 1


def read(file: IO[bytes], ending: str) -> Reading:
    """Of data and code every letter counts: nothing in them is interpreted, no XML entity resolved."""
    data = file.read(MAX_CHARACTERS * _WIDEST + 1)
    text = clean(_decoded(data))
    if not text.strip():
        raise Unreadable("is empty.")
    kind, media_type = kinds.of_text(ending, text, _is_json(text))
    note = ""
    if len(text) > MAX_CHARACTERS:
        text, note = text[:MAX_CHARACTERS], f"Only the first {MAX_CHARACTERS:,} characters are read."
    return Reading(kind, media_type, text, note)


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if b"\x00" in data:
        raise Unreadable("is of a type that the portal cannot read.")
    try:
        # It may have been cut inside a character.
        return codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    strange = sum((c < " " and c not in "\n\r\t\f") or c == "\ufffd" for c in text)
    if strange * 100 > len(text) * _STRANGE_SHARE:
        raise Unreadable("is of a type that the portal cannot read.")
    return text


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
