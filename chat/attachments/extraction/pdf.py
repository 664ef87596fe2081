"""PDF documents, page by page."""

import time
from typing import IO

import pypdfium2 as pdfium
from pypdfium2.raw import FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY

from chat.attachments import kinds
from chat.attachments.extraction.reading import (
    MAX_CHARACTERS,
    MAX_PAGES,
    Reading,
    Unreadable,
    clean,
    page_mark,
)


def read(file: IO[bytes], seconds: float) -> Reading:
    """As many pages as can be read in `seconds` of CPU time."""
    try:
        document = pdfium.PdfDocument(file.read())
    except pdfium.PdfiumError as error:
        if error.err_code in (FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY):
            raise Unreadable("is encrypted: remove its password and upload it again.") from None
        raise Unreadable("is damaged: no PDF reader can open it.") from None
    count = len(document)
    pages, size = [], 0
    for number in range(min(count, MAX_PAGES)):
        if time.process_time() > seconds or size > MAX_CHARACTERS:
            break
        pages.append(_text_of(document, number))
        size += len(pages[-1])
    if not any(page.strip() for page in pages):
        raise Unreadable(
            "has no text in it. It looks like a scan: upload its pages as images, or a copy with text."
        )
    text = "".join(page_mark(number) + page for number, page in enumerate(pages, start=1))
    note = "" if len(pages) == count else f"Only the first {len(pages):,} of {count:,} pages are read."
    return Reading(kinds.Kind.DOCUMENT, kinds.PDF, text[:MAX_CHARACTERS].lstrip(), note, count)


def _text_of(document: pdfium.PdfDocument, number: int) -> str:
    """Empty for a page that is damaged: the others may be fine."""
    try:
        page = document[number]
        text = page.get_textpage()
        # Marks of hyphens at a line's end.
        words = text.get_text_range().replace("\ufffe", "").replace("\x02", "")
        text.close()
        page.close()
    except pdfium.PdfiumError:
        return ""
    return clean(words)
