"""What is in a file that somebody brought: the JSON values in it, one after another.

A ZIP is believed nothing: what it unpacks to is counted as it comes, and cut off (battery W05).
"""

import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.imports.conversation import Unreadable

MAX_UPLOAD = 100 * 1024 * 1024
MAX_UNPACKED = 100 * 1024 * 1024
# Text packs to a tenth; what unpacks to hundreds of times itself was made to do so.
MAX_RATIO = 200
MAX_ENTRIES = 2_000
_CONVERSATIONS = re.compile(r"(.*/)?conversations(-\d+)?\.json")
_BLANKS = re.compile(r"[ \t\r\n]*")
# More forgiving than our own reader: exports have half emoji in them.
_DECODER = json.JSONDecoder()
_NOT_JSON = gettext_lazy("From here on the file is not valid JSON.")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError)


def documents(file: IO[bytes]) -> Iterator[Any]:
    """The values in a JSON file's list, or in those of a ZIP's JSON files; a single value stands for itself.
    They are decoded one at a time. Raises `Unreadable` where the file goes wrong."""
    file.seek(0)
    is_zip = file.read(4) == b"PK\x03\x04"
    file.seek(0)
    for data in _entries(file) if is_zip else [file.read(MAX_UPLOAD + 1)]:
        if len(data) > MAX_UPLOAD:
            raise Unreadable(_("The file is too large."))
        yield from _values(data.decode("utf-8-sig", "replace"))


def _values(text: str) -> Iterator[Any]:
    at = _past_blanks(text, 0)
    if not text.startswith("[", at):
        yield _decode(text, at)[0]
        return
    at = _past_blanks(text, at + 1)
    while not text.startswith("]", at):
        value, at = _decode(text, at)
        yield value
        at = _past_blanks(text, at)
        if text.startswith(",", at):
            at = _past_blanks(text, at + 1)
        elif not text.startswith("]", at):
            raise Unreadable(str(_NOT_JSON))


def _decode(text: str, at: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        raise Unreadable(str(_NOT_JSON)) from None


def _past_blanks(text: str, at: int) -> int:
    return _BLANKS.match(text, at).end()


def _entries(file: IO[bytes]) -> Iterator[bytes]:
    left = MAX_UNPACKED
    try:
        with zipfile.ZipFile(file) as archive:
            for entry in _wanted(archive.infolist()):
                with archive.open(entry) as unpacking:
                    data = unpacking.read(left + 1)
                left -= len(data)
                is_bomb = len(data) > 1024 * 1024 and len(data) > MAX_RATIO * entry.compress_size
                if left < 0 or is_bomb:
                    raise Unreadable(_("The file unpacks to more than can be read."))
                yield data
    except _BROKEN:
        raise Unreadable(_("The ZIP file is broken, or locked with a password.")) from None


def _wanted(entries: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    if len(entries) > MAX_ENTRIES:
        # An export with many pictures: only its conversations are looked for.
        entries = [entry for entry in entries if _CONVERSATIONS.fullmatch(entry.filename)]
    conversations = [entry for entry in entries if _CONVERSATIONS.fullmatch(entry.filename)]
    return conversations or [entry for entry in entries if entry.filename.endswith(".json")]
