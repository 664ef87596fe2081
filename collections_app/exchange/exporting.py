"""A collection as a file to keep. Written to the disk as it is read, and only then sent: nothing of it is in
memory whole, and what fails is told before the answer begins."""

import json
import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from accounts.access import User
from collections_app.collecting import items_in
from collections_app.exchange import markdown
from collections_app.exchange.definition import (
    FORMAT,
    MANIFEST,
    MAX_TEXT,
    MAX_UPLOAD,
    VERSION,
    Place,
    about,
    entry,
)
from collections_app.files import StoredBytes, file_of
from collections_app.models import Collection, ContentItem
from portal.web.downloads import attachment
from portal.web.errors import Conflict
from portal.web.file_names import file_name

_TYPES = {"zip": ("zip", "application/zip"), "markdown": ("md", "text/markdown; charset=utf-8")}
_MEGABYTE = 1024 * 1024
_ROWS = 100


def export(user: User, collection: Collection, format: str) -> StreamingHttpResponse:
    """`format` is `zip` or `markdown`. Favourites are the person's own. Raises `Conflict` for what would be
    too large to be imported, `Unavailable` when the storage does not answer."""
    ending, content_type = _TYPES[format]
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    try:
        (_write_zip if format == "zip" else _write_markdown)(user, collection, file)
    except BaseException:
        file.close()
        raise
    size = file.tell()
    file.seek(0)
    name = file_name(collection.name, ending, "collection")
    return attachment(file, name=name, content_type=content_type, size=size)


def _write_zip(user: User, collection: Collection, out: IO[bytes]) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(MANIFEST, "w", force_zip64=True) as raw:
            files = _write_manifest(user, collection, raw)
        left = MAX_UPLOAD - out.tell()
        for place, stored in files:
            left -= stored.size
            if left < 0:
                raise _too_large(MAX_UPLOAD)
            with archive.open(place.path, "w", force_zip64=True) as copy, stored.open() as file:
                while piece := file.read(_MEGABYTE):
                    copy.write(piece)


def _write_manifest(user: User, collection: Collection, raw: IO[bytes]) -> list[tuple[Place, StoredBytes]]:
    """The files that it names."""
    files: list[tuple[Place, StoredBytes]] = []
    out = _Measured(raw)
    head = {"format": FORMAT, "version": VERSION, "collection": about(collection), "items": []}
    out.write(json.dumps(head, ensure_ascii=False).removesuffix("]}"))
    mark = ""
    for number, item in _items(collection):
        stored, file = file_of(item), None
        if stored is not None:
            file = Place(_path(number, stored.name), stored.name)
            files.append((file, stored))
        said = entry(item, number, file, item.is_favorite and item.user_id == user.pk)
        out.write(f"{mark}\n{json.dumps(said, ensure_ascii=False)}")
        mark = ","
    out.write("\n]}\n")
    return files


def _write_markdown(user: User, collection: Collection, raw: IO[bytes]) -> None:
    out = _Measured(raw)
    out.write(markdown.beginning(about(collection)))
    for number, item in _items(collection):
        said: dict[str, Any] = entry(item, number, None, item.is_favorite and item.user_id == user.pk)
        if item.content.startswith("/uploads/") and file_of(item) is not None:
            said["content"] = settings.BASE_URL + item.content.strip()
        out.write(markdown.section(said))


def _items(collection: Collection) -> Iterator[tuple[int, ContentItem]]:
    return enumerate(items_in(collection).select_related("user").iterator(chunk_size=_ROWS))


def _path(number: int, name: str) -> str:
    stem, _dot, ending = name.rpartition(".")
    is_usual = bool(stem) and ending.isascii() and ending.isalnum()
    safe = file_name(stem, ending.lower(), "file") if is_usual else file_name(name, "bin", "file")
    return f"files/{number:04}-{safe}"


class _Measured:
    """Text on its way to a file, which ends where it becomes too much."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out, self._left = out, MAX_TEXT

    def write(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        self._left -= len(data)
        if self._left < 0:
            raise _too_large(MAX_TEXT)
        self._out.write(data)


def _too_large(most: int) -> Conflict:
    words = _("The collection is larger than the %(most)s MB that can be exported at once: make two of it.")
    return Conflict(words % {"most": intcomma(most // _MEGABYTE)})
