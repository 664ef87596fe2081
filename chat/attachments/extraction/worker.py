"""The process that reads one file: `python -m chat.attachments.extraction.worker ENDING`.

The file is its standard input, what it has read goes to its standard output: a line of JSON, then the view's
bytes. Before it looks at more than the first bytes it gives up what a file could make it misuse: memory and
time beyond a limit, and the opening of anything, be it a file or a connection.
"""

import codecs
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import IO

from chat.attachments import kinds
from chat.attachments.extraction.reading import TOO_MUCH, Reading, Unreadable
from portal.confinement import give_up

MEMORY = 1 << 30
SECONDS = 12
# Of those, for as much as can be read of a document; the rest is for telling it.
READING_SECONDS = 8
OUTPUT = 64 << 20
_ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "cp437", "idna")
Read = Callable[[], Reading]


def main() -> int:
    file, ending = sys.stdin.buffer, sys.argv[1]
    read = _reader(file, ending, kinds.signed(os.pread(file.fileno(), kinds.HEAD, 0)))
    for encoding in _ENCODINGS:
        codecs.lookup(encoding)
    give_up(memory=MEMORY, seconds=SECONDS, output=OUTPUT)
    try:
        reading = read()
    except Unreadable as error:
        return _tell({"refused": str(error)})
    except (MemoryError, RecursionError):
        return _tell({"refused": TOO_MUCH})
    told = {name: value for name, value in asdict(reading).items() if name != "view"}
    return _tell(told, reading.view)


def _reader(file: IO[bytes], ending: str, signed: str | None) -> Read:
    """Brings in what this kind of file needs, while that can still be done."""
    if signed in kinds.IMAGES:
        from chat.attachments.extraction import pictures

        pictures.prepare()
        return lambda: pictures.read(file, signed)
    if signed == kinds.PDF:
        from chat.attachments.extraction import pdf

        return lambda: pdf.read(file, READING_SECONDS)
    if signed == kinds.ZIP:
        from chat.attachments.extraction import word

        return lambda: word.read(file)
    if signed == kinds.COMPOUND:
        from chat.attachments.extraction import legacy_word

        return lambda: legacy_word.read(file)
    from chat.attachments.extraction import texts

    return lambda: texts.read(file, ending)


def _tell(told: dict[str, object], view: bytes = b"") -> int:
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + view)
    return 0


if __name__ == "__main__":
    sys.exit(main())
