"""The portal's ZIP of a collection, believed nothing (battery W05): its directory is measured before it is
read, and what unpacks is counted as it comes and cut off. No path in it becomes one of this machine's."""

import io
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from django.utils.translation import gettext as _

from collections_app.collecting import MAX_ITEMS
from collections_app.exchange.definition import MANIFEST, MAX_FILE, MAX_TEXT, MAX_UNPACKED
from portal.web.errors import BadParameter

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError)
_PIECE = 256 * 1024
# Of one file's entry in the directory, with a name and what tools add to it.
_ENTRY = 1024
_END = struct.Struct("<4s4H2LH")
_OUTSIDE = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[A-Za-z]:|\\")


def is_zip(file: IO[bytes]) -> bool:
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    return head in (b"PK\x03\x04", b"PK\x05\x06")


class Package:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive, self._left = archive, MAX_UNPACKED
        if any(_OUTSIDE.search(name) for name in archive.namelist()):
            raise refused(_("The ZIP file has paths that lead out of it."))

    def manifest(self) -> bytes:
        if MANIFEST not in self._archive.namelist():
            raise refused(_("The ZIP file has no manifest.json: it is no collection of this portal's."))
        with self._copy(MANIFEST, MAX_TEXT) as file:
            return file.read()

    def has(self, path: str) -> bool:
        return path in self._archive.NameToInfo and not path.endswith("/")

    @contextmanager
    def file(self, path: str) -> Iterator[IO[bytes]]:
        with self._copy(path, MAX_FILE) as file:
            yield file

    @contextmanager
    def _copy(self, path: str, most: int) -> Iterator[IO[bytes]]:
        """On the disk, at its beginning."""
        with tempfile.TemporaryFile() as copy:
            with _readable(), self._archive.open(path) as packed:
                while piece := packed.read(_PIECE):
                    most, self._left = most - len(piece), self._left - len(piece)
                    if min(most, self._left) < 0:
                        raise refused(_("The ZIP file unpacks to more than can be read."))
                    copy.write(piece)
            copy.seek(0)
            yield copy


@contextmanager
def opened(file: IO[bytes]) -> Iterator[Package]:
    """Raises `BadParameter`."""
    _require_small_directory(file)
    with _readable():
        archive = zipfile.ZipFile(file)
    with archive:
        yield Package(archive)


def refused(words: str) -> BadParameter:
    return BadParameter(words, "file")


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except _BROKEN:
        raise refused(_("The ZIP file is broken, or locked with a password.")) from None


def _require_small_directory(file: IO[bytes]) -> None:
    """Of millions of names, which would be read into memory at once."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 0x10000 - _END.size))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise refused(_("The ZIP file is broken, or locked with a password."))
    _sign, _disk, _first, _here, entries, directory, _offset, _comment = _END.unpack_from(tail, at)
    file.seek(0)
    if entries > MAX_ITEMS + 1 or directory > (MAX_ITEMS + 1) * _ENTRY:
        raise refused(_("The ZIP file has too many files in it."))
