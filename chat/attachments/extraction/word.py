"""DOCX: a ZIP archive of XML (ECMA-376, part 1, § 17)."""

import zipfile
import zlib
from typing import IO
from xml.parsers import expat

from chat.attachments import kinds
from chat.attachments.extraction.reading import MAX_CHARACTERS, Reading, Unreadable, clean, page_mark

_DOCUMENT = "word/document.xml"
# What is in other archives, and what helps.
_OTHERS = {
    "xl/workbook.xml": "is a workbook: save its sheets as CSV.",
    "ppt/presentation.xml": "is a presentation: save it as PDF.",
    "content.xml": "is an OpenDocument file: save it as DOCX or PDF.",
}
# Bytes of XML: a thousand pages have some ten million.
MAX_XML = 40_000_000
_PIECE = 1 << 16
_ENCRYPTED = 0x1


def read(file: IO[bytes]) -> Reading:
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            if _DOCUMENT not in names:
                raise Unreadable(_other(names))
            if archive.getinfo(_DOCUMENT).flag_bits & _ENCRYPTED:
                raise Unreadable("is encrypted: remove its password and upload it again.")
            with archive.open(_DOCUMENT) as document:
                text, pages = _Words().read(document)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, expat.ExpatError, OSError):
        raise Unreadable("is damaged: it cannot be opened.") from None
    if not text.strip():
        raise Unreadable("has no text in it.")
    note = f"Only the first {MAX_CHARACTERS:,} characters are read." if len(text) > MAX_CHARACTERS else ""
    return Reading(kinds.Kind.DOCUMENT, kinds.DOCX, clean(text[:MAX_CHARACTERS]).strip(), note, pages)


def _other(names: set[str]) -> str:
    return next(
        (said for name, said in _OTHERS.items() if name in names),
        "is an archive: upload the files in it.",
    )


class _Words:
    """The text as it is read, from one XML element to the next."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._size = 0
        self._pages = 1
        self._in_text = 0
        self._in_cell = 0
        self._in_fallback = 0

    def read(self, document: IO[bytes]) -> tuple[str, int | None]:
        """The text, and the number of pages where Word has noted where they end."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._character
        parser.StartDoctypeDeclHandler = self._refuse
        read = 0
        while self._size <= MAX_CHARACTERS and (piece := document.read(_PIECE)):
            read += len(piece)
            if read > MAX_XML:
                raise Unreadable(f"unpacks to more than {MAX_XML // 1_000_000} MB.")
            parser.Parse(piece, False)
        text = "".join(self._said)
        return (page_mark(1) + text, self._pages) if self._pages > 1 else (text, None)

    def _refuse(self, *_: object) -> None:
        """No word processor declares one; entities that grow without end need it."""
        raise Unreadable("is not a document that a word processor wrote: it declares XML entities.")

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        name = element.rpartition(" ")[2]
        if name == "t":
            self._in_text += 1
        elif name == "tc":
            self._in_cell += 1
        elif name == "Fallback":
            self._in_fallback += 1
        elif name == "tab":
            self._say("\t")
        elif name == "lastRenderedPageBreak":
            self._pages += 1
            self._say(page_mark(self._pages))
        elif name in ("br", "cr"):
            self._say("\n")

    def _end(self, element: str) -> None:
        name = element.rpartition(" ")[2]
        if name == "t":
            self._in_text -= 1
        elif name == "tc":
            self._in_cell -= 1
            self._say("\t")
        elif name == "Fallback":
            self._in_fallback -= 1
        elif name == "tr" or (name == "p" and not self._in_cell):
            self._say("\n")
        elif name == "p":
            self._say(" ")

    def _character(self, data: str) -> None:
        if self._in_text:
            self._say(data)

    def _say(self, text: str) -> None:
        # What older programs would show in place of something is there already.
        if not self._in_fallback:
            self._said.append(text)
            self._size += len(text)
