"""DOC of Word 97 and later: the text pieces of a compound file ([MS-DOC] 2.4.1, *Retrieving Text*)."""

import re
import struct
from typing import IO

import olefile

from chat.attachments import kinds
from chat.attachments.extraction.reading import MAX_CHARACTERS, Reading, Unreadable, clean

_WORD = 0xA5EC
_IS_ENCRYPTED, _IS_IN_FIRST_TABLE = 0x0100, 0x0200
# Where the header says what, in bytes.
_FLAGS, _LENGTH, _PIECES_AT = 0x0A, 0x4C, 0x1A2
_PROPERTIES, _PIECES = 0x01, 0x02
_IS_NARROW = 0x40000000
# A field's instructions, up to the result that is shown; then marks of cells, paragraphs, lines and pages.
_FIELD = re.compile(r"\x13[^\x13-\x15]*(?:\x14|(?=\x15))")
_MARKS = str.maketrans({"\x07": "\t", "\x0b": "\n", "\x0c": "\n", "\r": "\n", "\x1e": "-", "\x1f": None})
_ENCRYPTED = "is encrypted: remove its password and upload it again."


def read(file: IO[bytes]) -> Reading:
    try:
        with olefile.OleFileIO(file) as compound:
            if compound.exists("EncryptedPackage"):
                raise Unreadable(_ENCRYPTED)
            if not compound.exists("WordDocument"):
                raise Unreadable("is of a type that the portal cannot read.")
            text = _text(compound)
    except (OSError, struct.error, ValueError, IndexError):
        raise Unreadable("is damaged: save it as DOCX and upload that.") from None
    if not text.strip():
        raise Unreadable("has no text in it.")
    note = f"Only the first {MAX_CHARACTERS:,} characters are read." if len(text) > MAX_CHARACTERS else ""
    return Reading(kinds.Kind.DOCUMENT, kinds.DOC, text[:MAX_CHARACTERS].strip(), note)


def _text(compound: olefile.OleFileIO) -> str:
    document = compound.openstream("WordDocument").read()
    magic, flags = struct.unpack_from("<H8xH", document)
    if magic != _WORD:
        raise Unreadable("was written by a very old Word: save it as DOCX and upload that.")
    if flags & _IS_ENCRYPTED:
        raise Unreadable(_ENCRYPTED)
    table = compound.openstream("1Table" if flags & _IS_IN_FIRST_TABLE else "0Table").read()
    (length,) = struct.unpack_from("<i", document, _LENGTH)
    at, size = struct.unpack_from("<II", document, _PIECES_AT)
    words = "".join(_pieces(document, _piece_table(table[at : at + size])))[: max(0, length)]
    # Fields may hold fields: the innermost goes first.
    while words != (words := _FIELD.sub("", words)):
        pass
    return clean(words.translate(_MARKS))


def _piece_table(data: bytes) -> bytes:
    """After any number of property lists, which say how text looks."""
    at = 0
    while data[at] == _PROPERTIES:
        at += 3 + struct.unpack_from("<H", data, at + 1)[0]
    if data[at] != _PIECES:
        raise ValueError("no piece table")
    (size,) = struct.unpack_from("<I", data, at + 1)
    return data[at + 5 : at + 5 + size]


def _pieces(document: bytes, table: bytes) -> list[str]:
    """The table has n + 1 positions of characters, then n descriptors of where they are."""
    count = (len(table) - 4) // 12
    ends = struct.unpack_from(f"<{count + 1}I", table)
    pieces, size = [], 0
    for number in range(count):
        if size > MAX_CHARACTERS:
            break
        (place,) = struct.unpack_from("<I", table, 4 * (count + 1) + 8 * number + 2)
        length = ends[number + 1] - ends[number]
        if place & _IS_NARROW:
            start = (place & ~_IS_NARROW) // 2
            pieces.append(document[start : start + length].decode("cp1252", "replace"))
        else:
            pieces.append(document[place : place + 2 * length].decode("utf-16-le", "replace"))
        size += length
    return pieces
